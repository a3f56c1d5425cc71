package main

import (
	"context"
	"errors"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
)

type callbackCommands struct {
	storage
	List   callbackList   `cmd:"" help:"List a shop's messages, newest first."`
	Replay callbackReplay `cmd:"" help:"Send a delivered or parked message again. It has the same id, so a receiver that took it knows it."`
}

type callbackList struct {
	shopNumber
	Status string `help:"Only waiting, delivered or parked ones." enum:",waiting,delivered,parked" default:"" env:"-"`
	Before int64  `help:"Only messages before this one." env:"-" placeholder:"ID"`
	Limit  int    `help:"How many." default:"50" env:"-"`
}

func (c *callbackList) operate(ctx context.Context, o *desk) error {
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return err
	}
	list, err := callback.List(ctx, o.db.Reader(), c.Shop, callback.Status(c.Status), c.Before, max(c.Limit, 1))
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("ID", "MADE", "OF", "EVENT", "STATUS", "TRIES", "URL", "LAST FAILURE")
	for _, m := range list {
		t.row(m.ID, moment(m.CreatedAt), string(m.Kind), m.Event, string(m.Status), m.Tries, m.URL, m.Failure)
	}
	t.flush()
	return nil
}

type callbackReplay struct {
	shopNumber
	ID     int64 `arg:"" optional:"" help:"The message."`
	Failed bool  `help:"All parked messages of the shop." env:"-"`
	span
	Host string `help:"With --since or --until: only those to this host." env:"-"`
}

// span is from when to when messages were made.
type span struct {
	Since time.Time `help:"Messages made at this time or later, as 2026-11-21T00:00:00Z." env:"-" placeholder:"TIME"`
	Until time.Time `help:"Messages made before this time." env:"-" placeholder:"TIME"`
}

func (s span) given() bool { return !s.Since.IsZero() || !s.Until.IsZero() }

// unixMilli is a time as the rooms keep it, 0 for none.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (c *callbackReplay) operate(ctx context.Context, o *desk) error {
	if (c.ID != 0) == (c.Failed || c.given()) {
		return errors.New("name one message, or --failed, or a time with --since or --until")
	}
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return err
	}
	if c.ID == 0 {
		n, err := callback.ReplayAll(ctx, o.db, callback.Range{
			Shop: c.Shop, From: unixMilli(c.Since), Until: unixMilli(c.Until), Host: c.Host, Parked: c.Failed, Asked: time.Now().UnixMilli(), Actor: o.actor,
		})
		o.printf("%d messages are sent again\n", n)
		return err
	}
	m, err := db.Do(ctx, o.db, c.Shop, callback.Replay{Shop: c.Shop, ID: c.ID, Actor: o.actor})
	if err != nil {
		return err
	}
	o.printf("callback %d (%s of %s %d) is sent again\n", m.ID, m.Event, m.Kind, m.Subject)
	return nil
}
