CREATE TABLE `loan_contact_change` (
	`loan_id` text NOT NULL,
	`contact_type` text NOT NULL,
	`version` integer NOT NULL,
	`at` integer NOT NULL,
	`from_phone_hash` text,
	`from_phone_masked` text,
	`to_phone_hash` text,
	`to_phone_masked` text,
	`surface` text NOT NULL,
	`request_id` text NOT NULL,
	`requested_by` text,
	PRIMARY KEY(`loan_id`, `contact_type`, `version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `loan_contact` (
	`loan_id` text NOT NULL,
	`contact_type` text NOT NULL,
	`phone_hash` text,
	`phone_masked` text,
	`phone_sealed` text,
	`country` text,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`loan_id`, `contact_type`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `loan` (
	`id` text PRIMARY KEY NOT NULL,
	`currency` text NOT NULL,
	`payee` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `payment_mode` (
	`id` integer PRIMARY KEY NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `payment_mode_code_unique` ON `payment_mode` (`code`);--> statement-breakpoint
CREATE TABLE `repayment_change` (
	`loan_id` text NOT NULL,
	`repayment_id` text NOT NULL,
	`version` integer NOT NULL,
	`at` integer NOT NULL,
	`from_status_id` integer NOT NULL,
	`to_status_id` integer NOT NULL,
	`amount` integer NOT NULL,
	`amount_collected` integer NOT NULL,
	`payment_mode_id` integer NOT NULL,
	`contact_type` text NOT NULL,
	`verification_id` text NOT NULL,
	`communication_id` text,
	`surface` text NOT NULL,
	`request_id` text NOT NULL,
	`requested_by` text,
	PRIMARY KEY(`loan_id`, `repayment_id`, `version`),
	CONSTRAINT "repayment_change_amounts" CHECK(typeof(amount) = 'integer' and typeof(amount_collected) = 'integer')
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `repayment_status` (
	`id` integer PRIMARY KEY NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	CONSTRAINT "repayment_status_kind" CHECK(kind in ('open', 'partial', 'paid'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `repayment_status_code_unique` ON `repayment_status` (`code`);--> statement-breakpoint
CREATE TABLE `repayment` (
	`loan_id` text NOT NULL,
	`id` text NOT NULL,
	`status_id` integer NOT NULL,
	`amount_due` integer NOT NULL,
	`amount_collected` integer DEFAULT 0 NOT NULL,
	`payment_mode_id` integer,
	`due_on` text,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`loan_id`, `id`),
	CONSTRAINT "repayment_amounts" CHECK(typeof(amount_due) = 'integer' and typeof(amount_collected) = 'integer' and amount_due > 0 and amount_collected between 0 and amount_due)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `verifications` ADD `subject` text;--> statement-breakpoint
ALTER TABLE `verifications` ADD `intent` text;--> statement-breakpoint
CREATE INDEX `verifications_by_subject` ON `verifications` (`subject`,`created_at`) WHERE "verifications"."subject" is not null;--> statement-breakpoint
INSERT INTO `repayment_status` (`id`, `code`, `name`, `kind`) VALUES
	(1, 'pending', 'Pending', 'open'),
	(2, 'partially_paid', 'Partially Paid', 'partial'),
	(3, 'paid', 'Paid', 'paid'),
	(4, 'overdue', 'Overdue', 'open');
--> statement-breakpoint
INSERT INTO `payment_mode` (`id`, `code`, `name`) VALUES
	(1, 'cash', 'Cash'),
	(2, 'upi', 'UPI'),
	(3, 'bank_transfer', 'Bank Transfer'),
	(4, 'cheque', 'Cheque'),
	(5, 'card', 'Card');
