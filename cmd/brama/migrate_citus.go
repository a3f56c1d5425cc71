package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"
)

// What a distributed PostgreSQL keeps where. A test holds the two lists against
// the migrations: every table is in exactly one.
var (
	// shardTables lie on the shard of their shop, all of one shop on one shard.
	// The first is the one that the others are placed by: a shop's row is its lock,
	// and a lock must be where the rows are that it guards. As a reference table
	// each lock would be taken on every server.
	shardTables = []string{
		"shop", "audit", "audit_head", "account", "transfer", "entry", "attempt", "invoice", "joined_text", "refund", "payout",
		"contradiction", "callback", "delivery", "notice", "signature_use", "approval",
	}
	// referenceTables are small, change seldom and are read with every shop's rows:
	// each server has them whole. A store has a shop, but is asked for by its own id.
	referenceTables = []string{"node", "house", "provider_account", "payway", "rate", "store", "operator", "operator_session"}
)

// shardColumn is the column by which a table is distributed.
func shardColumn(table string) string {
	if table == "shop" {
		return "id"
	}
	return "shop_id"
}

// citusStatements distribute the tables, those that are not yet, in the order in
// which they must run.
func citusStatements(done []string) []string {
	var statements []string
	for _, table := range referenceTables {
		if !slices.Contains(done, table) {
			statements = append(statements, fmt.Sprintf("SELECT create_reference_table('%s')", table))
		}
	}
	for _, table := range shardTables {
		beside := shardTables[0]
		if table == beside {
			beside = "none"
		}
		if !slices.Contains(done, table) {
			statements = append(statements, fmt.Sprintf("SELECT create_distributed_table('%s', '%s', colocate_with => '%s')", table, shardColumn(table), beside))
		}
	}
	return statements
}

// errNoCitus is a database that cannot be distributed.
var errNoCitus = errors.New("--distribute citus: this database has no Citus: install the extension on the servers and CREATE EXTENSION citus in the database first; " +
	"nothing was changed (--dry-run prints what would run)")

// distribute distributes the tables of an up-to-date database. What was done
// before is left as it is, so that it can be repeated, and after each upgrade.
func distribute(ctx context.Context, address string, out io.Writer) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("--database: %w", err)
	}
	defer conn.Close(ctx)
	var there bool
	if err := conn.QueryRow(ctx, "SELECT to_regproc('create_distributed_table') IS NOT NULL").Scan(&there); err != nil {
		return fmt.Errorf("--distribute citus: %w", err)
	}
	if !there {
		return errNoCitus
	}
	rows, err := conn.Query(ctx, "SELECT CAST(logicalrelid AS TEXT) FROM pg_dist_partition")
	if err != nil {
		return fmt.Errorf("--distribute citus: %w", err)
	}
	done, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("--distribute citus: %w", err)
	}
	for _, text := range citusStatements(done) {
		fmt.Fprintln(out, text+";")
		if _, err := conn.Exec(ctx, text); err != nil {
			return fmt.Errorf("--distribute citus: %s: %w", text, err)
		}
	}
	return nil
}
