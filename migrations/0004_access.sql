CREATE TABLE `api_key` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`hash` text NOT NULL,
	`hint` text NOT NULL,
	`previous_hash` text,
	`previous_until` integer,
	`scopes` text NOT NULL,
	`purposes` text,
	`origins` text,
	`created_at` integer NOT NULL,
	`rotated_at` integer,
	`expires_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_by_hash` ON `api_key` (`hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_by_previous_hash` ON `api_key` (`previous_hash`) WHERE "api_key"."previous_hash" is not null;--> statement-breakpoint
CREATE TABLE `limit_decision` (
	`id` text PRIMARY KEY NOT NULL,
	`rule` text NOT NULL,
	`mode` text NOT NULL,
	`subject` text NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`count` integer NOT NULL,
	`request_id` text NOT NULL,
	`until` integer NOT NULL,
	`lifted_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `communication` ADD `owner` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `lead` ADD `owner` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `verifications` ADD `owner` text DEFAULT '' NOT NULL;