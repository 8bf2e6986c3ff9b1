ALTER TABLE "attempts" ADD COLUMN "rollout" text;--> statement-breakpoint
CREATE INDEX "attempts_rollout" ON "attempts" USING btree ("app","rollout","outcome");