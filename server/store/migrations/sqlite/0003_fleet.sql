CREATE TABLE `fleet_adoption` (
	`app` text NOT NULL,
	`at` integer NOT NULL,
	`channel` text NOT NULL,
	`version` text NOT NULL,
	`racks` integer NOT NULL,
	PRIMARY KEY(`app`, `at`, `channel`, `version`)
);
--> statement-breakpoint
CREATE INDEX `fleet_adoption_at` ON `fleet_adoption` (`at`);--> statement-breakpoint
ALTER TABLE `racks` ADD `ephemeral_hours` integer;--> statement-breakpoint
CREATE INDEX `attempts_finished` ON `attempts` (`app`,`finished_at`,`id`);