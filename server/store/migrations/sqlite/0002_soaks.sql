CREATE TABLE `soaks` (
	`rack_key` text NOT NULL,
	`version` text NOT NULL,
	`app` text NOT NULL,
	`rack` text NOT NULL,
	`milliseconds` integer NOT NULL,
	`counted_at` integer NOT NULL,
	`left_at` integer,
	PRIMARY KEY(`rack_key`, `version`)
);
--> statement-breakpoint
CREATE INDEX `soaks_version` ON `soaks` (`app`,`version`);--> statement-breakpoint
CREATE INDEX `soaks_left_at` ON `soaks` (`left_at`);--> statement-breakpoint
ALTER TABLE `attempts` ADD `severity` text;