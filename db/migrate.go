package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

func migrateSQLite(ctx context.Context, c Config) error {
	if c.Migrations == nil {
		return nil
	}
	pool, err := sql.Open("sqlite", sqliteDSN(c.Path, false))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	return migrate(ctx, goose.DialectSQLite3, pool, c)
}

func migratePostgres(ctx context.Context, c Config, pool *pgxpool.Pool) error {
	if c.Schema != "" {
		if err := createSchema(ctx, pool, c.Schema); err != nil {
			return err
		}
	}
	if c.Migrations == nil {
		return nil
	}
	// Several nodes may start at the same time: one migrates, the others wait.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // each second, ten minutes
	if err != nil {
		return err
	}
	reader := stdlib.OpenDBFromPool(pool)
	defer reader.Close()
	return migrate(ctx, goose.DialectPostgres, reader, c, goose.WithSessionLocker(locker))
}

// createSchema makes a schema if it is missing. IF NOT EXISTS does not keep two
// nodes from making it at the same time; the later one then meets the other's row.
func createSchema(ctx context.Context, pool *pgxpool.Pool, name string) error {
	_, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+quoted(name))
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return nil
	}
	return err
}

// quoted is a schema's name as SQL takes it, whatever it is made of.
func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, c Config, options ...goose.ProviderOption) error {
	options = append(options, goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(dialect, pool, c.Migrations, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	return nil
}
