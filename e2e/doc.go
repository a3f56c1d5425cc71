// Package e2e shows what the whole program promises: the built binary is started
// as an operator starts it, on both databases, and driven over HTTP as shops and
// payers drive it. It is tests and nothing else.
//
// It must not know how a room does its work. What it reads of the database it
// reads to compare: the books with the answers, and everything with what must
// not be there.
package e2e
