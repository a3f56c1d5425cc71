// Package db keeps rows. It runs use cases – keys, a pure decision, effects –
// one or many in a transaction, on SQLite or PostgreSQL, with one SQL text.
//
// It knows tables as lists of columns and nothing of the business: what a row
// means, which moves are allowed and what must be posted is said by the rooms
// that declare the tables. The rules every write follows:
//
//   - A use case belongs to one shop. The batch locks the rows of its shops, in
//     the order of their numbers, before it reads anything; there is no other
//     lock, so there is no deadlock and no write skew.
//   - Rows are loaded by set, decisions are made one after the other on what was
//     loaded (a later one sees what an earlier one did), and written by set.
//   - Every changed row carries a version; the UPDATE names the version that was
//     read. An INSERT that meets an existing row does nothing, and the batch
//     notices. Both are second belts: the shop's lock is the first.
//   - A decision may run more than once. It has no side effects.
//   - A connection lost during COMMIT leaves an outcome that nobody knows:
//     fault.Unknown, never repeated here.
package db

// House is the number under which rows that belong to no shop are locked: the
// catalogue of payways, rates, provider accounts.
const House int64 = 0

// lockTable is the one table whose rows are locked; its key is one column, id.
const lockTable = "shop"
