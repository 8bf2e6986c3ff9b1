CREATE TABLE "artifacts" (
	"sha256" text PRIMARY KEY NOT NULL,
	"size" bigint NOT NULL,
	"media_type" text NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempt_events" (
	"attempt_id" text NOT NULL,
	"index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"state" text NOT NULL,
	"detail" text,
	CONSTRAINT "attempt_events_pk" PRIMARY KEY("attempt_id","index")
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"app" text NOT NULL,
	"rack" text NOT NULL,
	"from_version" text,
	"target" text NOT NULL,
	"action" text NOT NULL,
	"motive" text NOT NULL,
	"reason" text NOT NULL,
	"plan" text NOT NULL,
	"ledger_sequence" bigint NOT NULL,
	"origin" text NOT NULL,
	"granted_at" bigint NOT NULL,
	"lease_expires_at" bigint NOT NULL,
	"state" text NOT NULL,
	"outcome" text,
	"step" text,
	"message" text,
	"finished_at" bigint,
	"log" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"credential_id" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"status" bigint NOT NULL,
	"body" text NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "idempotency_pk" PRIMARY KEY("credential_id","key")
);
--> statement-breakpoint
CREATE TABLE "ledger" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"type" text NOT NULL,
	"app" text,
	"salt" text,
	"body" text,
	"body_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rack_history" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rack_history_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"app" text NOT NULL,
	"rack" text NOT NULL,
	"at" bigint NOT NULL,
	"actor" text NOT NULL,
	"change" text NOT NULL,
	"before" text,
	"after" text,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "racks" (
	"app" text NOT NULL,
	"name" text NOT NULL,
	"rack_key" text NOT NULL,
	"channel" text NOT NULL,
	"platform" text NOT NULL,
	"labels" text NOT NULL,
	"token_id" text NOT NULL,
	"token_sha256" text NOT NULL,
	"token_created_at" bigint NOT NULL,
	"token_expires_at" bigint NOT NULL,
	"switch_channels" text NOT NULL,
	"enrolled_at" bigint NOT NULL,
	"enrolled_by" text NOT NULL,
	"adopted_version" text,
	"forgotten_at" bigint,
	"revision" bigint NOT NULL,
	"last_seen_at" bigint,
	"report" text,
	CONSTRAINT "racks_pk" PRIMARY KEY("app","name")
);
--> statement-breakpoint
CREATE INDEX "attempts_rack" ON "attempts" USING btree ("app","rack","granted_at","id");--> statement-breakpoint
CREATE INDEX "attempts_target" ON "attempts" USING btree ("app","target","granted_at","id");--> statement-breakpoint
CREATE INDEX "attempts_outcome" ON "attempts" USING btree ("app","outcome");--> statement-breakpoint
CREATE INDEX "idempotency_created_at" ON "idempotency" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "rack_history_rack" ON "rack_history" USING btree ("app","rack","id");--> statement-breakpoint
CREATE UNIQUE INDEX "racks_token_sha256" ON "racks" USING btree ("token_sha256");