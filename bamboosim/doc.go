// Package bamboosim answers like BambooHR from a company you describe, with a clock, access levels and faults you
// control; it keeps everything in memory, and leaves OAuth, time off, files and the web pages of BambooHR out.
//
// It never imports the client it is made to test: its wire types are its own, and every behaviour names its evidence
// (see [Behaviours]): a recording "[R]", the vendor's documentation "[D]", a known client "[C]", or "assumed".
//
// A [Server] is an http.Handler. It serves the API under /api/gateway.php/{company}/v1… and /api/v1…, and its control
// under /_sim/. With several companies the second form picks the company by the first label of the Host.
//
// The clock stands still until it is set. What falls due while it runs (a status that flips, a webhook to try again)
// happens at the next request, as of the instant it was due.
//
// The packages below it, one way: bamboosim → endpoint → answer → hook → company, answer → fault, bamboosim → gen → company.
package bamboosim
