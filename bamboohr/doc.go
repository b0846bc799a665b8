// Package bamboohr speaks the BambooHR REST API: it builds requests, keeps its
// limits, retries what may be retried, and turns every answer into values,
// iterators or a typed error; what a value means (who is employed, which field
// goes where) it leaves to others.
//
// A [Client] belongs to one company and one API key:
//
//	c, err := bamboohr.New("acme", key)
//	who, err := c.Probe(ctx)                  // is the key good?
//	report, err := c.CustomReport(ctx, query) // everybody, streamed
//	defer report.Close()
//	for row, err := range report.Rows() { … }
//
// # Reading everybody
//
// [Client.CustomReport], [Client.DatasetRows], [Client.Employees],
// [Client.Directory] and [Client.AllTableRows] answer a [Stream]: records are
// cut out of a 512 KiB window and shown as a [Row], raw bytes that are decoded
// only on demand. A stream either ends after the last byte was checked
// ([Stats].Complete) or ends with an error; it never ends early in silence.
//
// # Errors
//
// Every error of a call is an [*Error] whose [Kind] can be tested with
// errors.Is (ErrUnauthorized, ErrRateLimited, ErrShape, …). The API key never
// appears in an error, in an [Exchange] or in a printed Client.
package bamboohr
