CREATE TABLE `communication_log` (
	`communication_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`at` integer NOT NULL,
	`provider` text NOT NULL,
	`channel` text NOT NULL,
	`outcome` text NOT NULL,
	`reason` text,
	`provider_code` text,
	`http_status` integer,
	`duration_ms` integer NOT NULL,
	PRIMARY KEY(`communication_id`, `attempt`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `communication_receipt` (
	`provider` text NOT NULL,
	`provider_message_id` text NOT NULL,
	`status` text NOT NULL,
	`status_rank` integer NOT NULL,
	`at` integer,
	`received_at` integer NOT NULL,
	`reason` text,
	`provider_code` text,
	PRIMARY KEY(`provider`, `provider_message_id`, `status`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `communication_template` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`template_id` text NOT NULL,
	`template_name` text NOT NULL,
	`channel_type` integer NOT NULL,
	`content` text NOT NULL,
	`dlt_id` text,
	`status` text DEFAULT 'ACTIVE' NOT NULL,
	`variables` text DEFAULT '{}' NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`purpose` text,
	`locale` text DEFAULT 'en' NOT NULL,
	`vendor_templates` text DEFAULT '{}' NOT NULL,
	`webotp_domain` text,
	`android_app_hash` text,
	`created_at` integer DEFAULT (unixepoch() * 1000) NOT NULL,
	CONSTRAINT "communication_template_types" CHECK(typeof(template_id) = 'text' and typeof(template_name) = 'text' and typeof(content) = 'text' and typeof(status) = 'text' and typeof(variables) = 'text' and typeof(locale) = 'text' and typeof(vendor_templates) = 'text' and typeof(dlt_id) in ('text', 'null') and typeof(purpose) in ('text', 'null') and typeof(webotp_domain) in ('text', 'null') and typeof(android_app_hash) in ('text', 'null') and typeof(channel_type) = 'integer' and typeof(version) = 'integer' and typeof(created_at) = 'integer' and version > 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `communication_template_version` ON `communication_template` (`template_id`,`version`);--> statement-breakpoint
CREATE TABLE `communication` (
	`id` text PRIMARY KEY NOT NULL,
	`verification_id` text NOT NULL,
	`surface` text NOT NULL,
	`channel` text NOT NULL,
	`purpose` text NOT NULL,
	`phone_hash` text NOT NULL,
	`phone_masked` text NOT NULL,
	`country` text NOT NULL,
	`template_id` text,
	`template_version` integer,
	`provider` text,
	`provider_message_id` text,
	`status` text NOT NULL,
	`status_rank` integer NOT NULL,
	`status_at` integer NOT NULL,
	`reason` text,
	`provider_code` text,
	`segments` integer,
	`cost_micros` integer,
	`currency` text,
	`verified` integer NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `communication_by_phone` ON `communication` (`phone_hash`);--> statement-breakpoint
CREATE INDEX `communication_by_provider` ON `communication` (`provider`);--> statement-breakpoint
CREATE INDEX `communication_by_purpose` ON `communication` (`purpose`);--> statement-breakpoint
CREATE INDEX `communication_by_status` ON `communication` (`status`);--> statement-breakpoint
CREATE INDEX `communication_by_provider_message` ON `communication` (`provider_message_id`);