CREATE TABLE `audit_events` (
	`verification_id` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`surface` text NOT NULL,
	`request_id` text NOT NULL,
	`detail` text NOT NULL,
	PRIMARY KEY(`verification_id`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `verifications` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`phone_hash` text NOT NULL,
	`phone_masked` text NOT NULL,
	`country` text NOT NULL,
	`purpose` text NOT NULL,
	`binding_hash` text,
	`surface` text NOT NULL,
	`channel` text NOT NULL,
	`status` text NOT NULL,
	`is_used` integer NOT NULL,
	`sends` integer NOT NULL,
	`guesses` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`completed_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `verifications_pending` ON `verifications` (`expires_at`) WHERE "status" = 'pending';