CREATE TABLE "fleet_adoption" (
	"app" text NOT NULL,
	"at" bigint NOT NULL,
	"channel" text NOT NULL,
	"version" text NOT NULL,
	"racks" bigint NOT NULL,
	CONSTRAINT "fleet_adoption_pk" PRIMARY KEY("app","at","channel","version")
);
--> statement-breakpoint
ALTER TABLE "racks" ADD COLUMN "ephemeral_hours" bigint;--> statement-breakpoint
CREATE INDEX "fleet_adoption_at" ON "fleet_adoption" USING btree ("at");--> statement-breakpoint
CREATE INDEX "attempts_finished" ON "attempts" USING btree ("app","finished_at","id");