// Package mapping turns what BambooHR says about one employee into what that means for the directory:
// wanted values with the field they came from, match keys, scope decision, leaving signals with their
// instants, and a note for each value it could not use. It holds nothing against the directory and
// changes nothing (package plan), and reads no HR system (package source).
package mapping
