package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/signature"
)

// list prints all methods, or the fields of one.
func (c *callCommand) list(k *kong.Context) error {
	if c.Method == "" {
		listMethods(k.Stdout)
		return nil
	}
	method := plainMethod(c.Method)
	if !callServes(method) {
		return callRefused(k.Stderr, []string{unknownCall(c.Method, callMethods())})
	}
	listFields(k.Stdout, method)
	return nil
}

func listMethods(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "METHOD\tSIGNED FIELDS\tFURTHER FIELDS")
	for _, method := range signature.Methods() {
		further := strings.Join(callOptions[method], ", ")
		if callElsewhere[method] {
			further = "not served by Brama"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", method, callSigned(method), further)
	}
	table.Flush()
	fmt.Fprintln(out, "\nshop_id, now and sign are filled in. `brama call METHOD --list` says what the fields mean.")
	listPayParts(out)
}

func listFields(out io.Writer, method string) {
	if isPayParts(method) {
		listPayPartsFields(out, method)
		return
	}
	signed, _ := signature.SignedFields(method)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FIELD\tSIGNED\tMEANING")
	for _, name := range callKnown(method) {
		sign := "no"
		if slices.Contains(signed, name) {
			sign = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, sign, callMeaning(method, name))
	}
	table.Flush()
	if callAddOns[method] {
		fmt.Fprintln(out, "\nAnd what add_ons_config of invoice/try asks for, such as phone.")
	}
}
