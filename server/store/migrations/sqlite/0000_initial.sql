CREATE TABLE `artifacts` (
	`sha256` text PRIMARY KEY NOT NULL,
	`size` integer NOT NULL,
	`media_type` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `attempt_events` (
	`attempt_id` text NOT NULL,
	`index` integer NOT NULL,
	`at` integer NOT NULL,
	`state` text NOT NULL,
	`detail` text,
	PRIMARY KEY(`attempt_id`, `index`)
);
--> statement-breakpoint
CREATE TABLE `attempts` (
	`id` text PRIMARY KEY NOT NULL,
	`app` text NOT NULL,
	`rack` text NOT NULL,
	`from_version` text,
	`target` text NOT NULL,
	`action` text NOT NULL,
	`motive` text NOT NULL,
	`reason` text NOT NULL,
	`plan` text NOT NULL,
	`ledger_sequence` integer NOT NULL,
	`origin` text NOT NULL,
	`granted_at` integer NOT NULL,
	`lease_expires_at` integer NOT NULL,
	`state` text NOT NULL,
	`outcome` text,
	`step` text,
	`message` text,
	`finished_at` integer,
	`log` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `attempts_rack` ON `attempts` (`app`,`rack`,`granted_at`,`id`);--> statement-breakpoint
CREATE INDEX `attempts_target` ON `attempts` (`app`,`target`,`granted_at`,`id`);--> statement-breakpoint
CREATE INDEX `attempts_outcome` ON `attempts` (`app`,`outcome`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`credential_id` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`status` integer NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`credential_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_created_at` ON `idempotency` (`created_at`);--> statement-breakpoint
CREATE TABLE `ledger` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`type` text NOT NULL,
	`app` text,
	`salt` text,
	`body` text,
	`body_hash` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rack_history` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app` text NOT NULL,
	`rack` text NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`change` text NOT NULL,
	`before` text,
	`after` text,
	`reason` text
);
--> statement-breakpoint
CREATE INDEX `rack_history_rack` ON `rack_history` (`app`,`rack`,`id`);--> statement-breakpoint
CREATE TABLE `racks` (
	`app` text NOT NULL,
	`name` text NOT NULL,
	`rack_key` text NOT NULL,
	`channel` text NOT NULL,
	`platform` text NOT NULL,
	`labels` text NOT NULL,
	`token_id` text NOT NULL,
	`token_sha256` text NOT NULL,
	`token_created_at` integer NOT NULL,
	`token_expires_at` integer NOT NULL,
	`switch_channels` text NOT NULL,
	`enrolled_at` integer NOT NULL,
	`enrolled_by` text NOT NULL,
	`adopted_version` text,
	`forgotten_at` integer,
	`revision` integer NOT NULL,
	`last_seen_at` integer,
	`report` text,
	PRIMARY KEY(`app`, `name`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `racks_token_sha256` ON `racks` (`token_sha256`);