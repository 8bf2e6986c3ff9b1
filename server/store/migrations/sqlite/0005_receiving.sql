CREATE TABLE `receiving_gaps` (
	`from_at` integer PRIMARY KEY NOT NULL,
	`to_at` integer NOT NULL,
	`cause` text NOT NULL
);
