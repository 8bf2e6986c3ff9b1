CREATE TABLE "soaks" (
	"rack_key" text NOT NULL,
	"version" text NOT NULL,
	"app" text NOT NULL,
	"rack" text NOT NULL,
	"milliseconds" bigint NOT NULL,
	"counted_at" bigint NOT NULL,
	"left_at" bigint,
	CONSTRAINT "soaks_pk" PRIMARY KEY("rack_key","version")
);
--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "severity" text;--> statement-breakpoint
CREATE INDEX "soaks_version" ON "soaks" USING btree ("app","version");--> statement-breakpoint
CREATE INDEX "soaks_left_at" ON "soaks" USING btree ("left_at");