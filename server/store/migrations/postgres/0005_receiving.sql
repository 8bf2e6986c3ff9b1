CREATE TABLE "receiving_gaps" (
	"from_at" bigint PRIMARY KEY NOT NULL,
	"to_at" bigint NOT NULL,
	"cause" text NOT NULL
);
