ALTER TABLE `racks` ADD `ordered_pin` text;--> statement-breakpoint
ALTER TABLE `racks` ADD `ordered_hold` text;--> statement-breakpoint
ALTER TABLE `racks` ADD `outside` text;