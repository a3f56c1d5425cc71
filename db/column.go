package db

import (
	"fmt"
	"math"
	"reflect"
	"unsafe"
)

// column is one column of a table and the field of the row that holds it. The
// writer goes to the field by its place in the row: a list of pointers to thirty
// fields, made anew whenever one of them is wanted, was a fifth of its time.
type column struct {
	name  string
	place uintptr // bytes from the beginning of the row
	kind  reflect.Kind
}

// columnsOf finds the fields of a blank row: fields are the pointers to them.
func columnsOf(table string, list []string, row unsafe.Pointer, size uintptr, fields []any) []column {
	if len(fields) != len(list) {
		panic(fmt.Sprintf("db: table %s has %d columns and %d fields", table, len(list), len(fields)))
	}
	columns := make([]column, len(list))
	for i, field := range fields {
		at := reflect.ValueOf(field)
		columns[i] = column{list[i], at.Pointer() - uintptr(row), at.Type().Elem().Kind()}
		if columns[i].place >= size {
			panic(fmt.Sprintf("db: column %s of %s is not in the row", list[i], table))
		}
		columns[i].check(table, at.Type().Elem())
	}
	return columns
}

func (c column) check(table string, t reflect.Type) {
	switch c.kind {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.String, reflect.Bool:
		return
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return
		}
	}
	panic(fmt.Sprintf("db: %s cannot be kept in the column %s of %s", t, c.name, table))
}

func (c column) isText() bool { return c.kind == reflect.String }

// sqlType is what the column is declared as.
func (c column) sqlType() string {
	switch c.kind {
	case reflect.String:
		return "TEXT"
	case reflect.Bool:
		return "BOOLEAN"
	case reflect.Slice:
		return "BYTEA"
	}
	return "BIGINT"
}

// text is the text in the field of a row.
func (c column) text(row unsafe.Pointer) *string { return (*string)(unsafe.Add(row, c.place)) }

// bytes are the bytes in the field of a row.
func (c column) bytes(row unsafe.Pointer) *[]byte { return (*[]byte)(unsafe.Add(row, c.place)) }

// number is the number in the field of a row; 1 and 0 are true and false.
func (c column) number(row unsafe.Pointer) int64 {
	at := unsafe.Add(row, c.place)
	switch c.kind {
	case reflect.Int64:
		return *(*int64)(at)
	case reflect.Int:
		return int64(*(*int)(at))
	case reflect.Int32:
		return int64(*(*int32)(at))
	case reflect.Int16:
		return int64(*(*int16)(at))
	case reflect.Int8:
		return int64(*(*int8)(at))
	case reflect.Uint32:
		return int64(*(*uint32)(at))
	case reflect.Uint16:
		return int64(*(*uint16)(at))
	case reflect.Uint8:
		return int64(*(*uint8)(at))
	}
	if *(*bool)(at) {
		return 1
	}
	return 0
}

// setNumber puts a number into the field of a row.
func (c column) setNumber(row unsafe.Pointer, n int64) error {
	at := unsafe.Add(row, c.place)
	fits := true
	switch c.kind {
	case reflect.Int64:
		*(*int64)(at) = n
	case reflect.Int:
		*(*int)(at) = int(n)
	case reflect.Int32:
		*(*int32)(at), fits = int32(n), n == int64(int32(n)) //nolint:gosec // looked at
	case reflect.Int16:
		*(*int16)(at), fits = int16(n), n == int64(int16(n)) //nolint:gosec // looked at
	case reflect.Int8:
		*(*int8)(at), fits = int8(n), n == int64(int8(n)) //nolint:gosec // looked at
	case reflect.Uint32:
		*(*uint32)(at), fits = uint32(n), n >= 0 && n <= math.MaxUint32 //nolint:gosec // looked at
	case reflect.Uint16:
		*(*uint16)(at), fits = uint16(n), n >= 0 && n <= math.MaxUint16 //nolint:gosec // looked at
	case reflect.Uint8:
		*(*uint8)(at), fits = uint8(n), n >= 0 && n <= math.MaxUint8 //nolint:gosec // looked at
	case reflect.Bool:
		*(*bool)(at), fits = n != 0, n == 0 || n == 1
	default:
		fits = false
	}
	if !fits {
		return fmt.Errorf("db: %d does not fit the column %s", n, c.name)
	}
	return nil
}
