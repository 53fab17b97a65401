CREATE TABLE `erasure` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`surface` text NOT NULL,
	`request_id` text NOT NULL,
	`requested_by` text,
	`erased` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `lead_event` (
	`lead_id` text NOT NULL,
	`version` integer NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`surface` text NOT NULL,
	`request_id` text NOT NULL,
	`detail` text NOT NULL,
	PRIMARY KEY(`lead_id`, `version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `lead_notice` (
	`lead_id` text NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`status` text,
	`communication_id` text NOT NULL,
	`surface` text NOT NULL,
	`is_sending` integer NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`lead_id`, `version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `lead` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`surface` text NOT NULL,
	`request_id` text NOT NULL,
	`phone_hash` text NOT NULL,
	`phone_masked` text NOT NULL,
	`country` text NOT NULL,
	`personal_sealed` text NOT NULL,
	`personal_key_id` text NOT NULL,
	`loan_type` text NOT NULL,
	`loan_amount` integer NOT NULL,
	`loan_tenure_years` integer NOT NULL,
	`request_hash` text,
	`submission` text NOT NULL,
	`lender_request_id` text NOT NULL,
	`attempts` integer NOT NULL,
	`in_doubt` integer NOT NULL,
	`next_attempt_at` integer,
	`waiting_since` integer NOT NULL,
	`failure` text,
	`application_id` text,
	`customer_id` text,
	`relation_id` text,
	`status` text,
	`status_at` integer,
	`lender_response` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `lead_by_request` ON `lead` (`request_hash`) WHERE "lead"."request_hash" is not null;--> statement-breakpoint
CREATE INDEX `lead_by_phone` ON `lead` (`phone_hash`);--> statement-breakpoint
CREATE INDEX `lead_by_application` ON `lead` (`application_id`) WHERE "lead"."application_id" is not null;--> statement-breakpoint
CREATE INDEX `lead_unsubmitted` ON `lead` (`submission`,`next_attempt_at`) WHERE "lead"."submission" <> 'submitted';--> statement-breakpoint
CREATE TABLE `retention_position` (
	`kind` text PRIMARY KEY NOT NULL,
	`position` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `communication` ADD `lead_id` text;