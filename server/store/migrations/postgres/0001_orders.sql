ALTER TABLE "racks" ADD COLUMN "ordered_pin" text;--> statement-breakpoint
ALTER TABLE "racks" ADD COLUMN "ordered_hold" text;--> statement-breakpoint
ALTER TABLE "racks" ADD COLUMN "outside" text;