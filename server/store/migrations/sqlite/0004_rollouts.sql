ALTER TABLE `attempts` ADD `rollout` text;--> statement-breakpoint
CREATE INDEX `attempts_rollout` ON `attempts` (`app`,`rollout`,`outcome`);