package main

import "time"

// own is our own back-off before it helped: at most 0.5 and 1 s.
func own() [2]time.Duration { return [2]time.Duration{0, 2 * time.Second} }

// outlasted is our own back-off until it gave up: 3.75 to 7.5 s, twice when both reports meet the fault.
func outlasted() [2]time.Duration { return [2]time.Duration{3 * time.Second, 16 * time.Second} }

// peopleFaults are rows that vanish or turn (security §3 #1, #2, #5; product, "Reading", rows 1, 3 and 5).
func peopleFaults() []readFault {
	const gone = "lifecycle: { missing: deactivate_linked }"
	return []readFault{
		{name: "1 no employees", faults: []string{on("no_people", "{}")}, want: "1 failed no_employees", says: "0 of 40 employees"},
		{name: "1 no employees, dataset", reader: "dataset", faults: []string{on("no_people", "{}")}, want: "1 failed no_employees", says: "0 of 40 employees"},
		{name: "1 no employees where missing people are deactivated", settings: "lifecycle: { missing: deactivate_not_imported }",
			faults: []string{on("no_people", "{}")}, want: "1 failed no_employees", says: "nothing was changed"},
		{name: "1 no employees in the first report", report: "present", faults: []string{once("no_people", "{}")}, want: "1 failed drift", says: "the other nobody"},
		{name: "1 no employees in the second report", report: "ahead", faults: []string{once("no_people", "{}")}, want: "1 failed drift"},
		{name: "1 no employees in one report, once", faults: []string{once("no_people", "{}")}, want: "0 no_op"},
		{name: "2 half of them", faults: []string{on("drop_people", `{"percent":50}`)}, people: 38,
			want: "3 refused, baseline 20 of 40 waits (refused), doubtful, held missing_in_hr 17", says: "20 employees, 20 fewer than the 40 of the last good read"},
		{name: "2 half of them, missing people are deactivated", settings: gone, faults: []string{on("drop_people", `{"percent":50}`)}, people: 38,
			want: "3 refused, deactivate 17 of 37 waits (refused), baseline 20 of 40 waits (refused), doubtful"},
		{name: "2 half of them in one report, once", faults: []string{once("drop_people", `{"percent":50}`)}, want: "0 no_op"},
		{name: "2 only one left", faults: []string{on("drop_people", `{"percent":97.5}`)}, people: 38,
			want: "3 refused, baseline 1 of 40 waits (refused), doubtful, held missing_in_hr 36"},
		{name: "2 five fewer are let through, and held", faults: []string{on("drop_people", `{"ids":[5,6,7,8,10]}`)}, want: "0 no_op, held missing_in_hr 5"},
		{name: "2 six fewer are not", faults: []string{on("drop_people", `{"ids":[5,6,7,8,10,11]}`)},
			want: "3 refused, baseline 34 of 40 waits (refused), doubtful, held missing_in_hr 6"},
		{name: "2 six fewer, and two lose their phone", faults: []string{on("drop_people", `{"ids":[5,6,7,8,10,11]}`), on("null_field", `{"field":"workPhone","ids":[12,13]}`)},
			want: "3 refused, baseline 34 of 40 waits (refused), doubtful, held missing_in_hr 6", says: `"waiting":"refused"`},
		{name: "2 whether the missing were deleted cannot be asked", settings: "lifecycle: { leaving: { status: { action: deactivate }, deleted: { action: deactivate } } }",
			faults: []string{on("drop_people", `{"ids":[5]}`),
				`{"name":"status","match":"GET /employees/changed","args":{"code":500}}`}, want: "1 failed unavailable", waited: outlasted()},
		{name: "5 everybody inactive", faults: []string{on("all_inactive", "{}")}, want: "3 refused, deactivate 37 of 37 waits (refused)"},
		{name: "5 everybody inactive, dataset", reader: "dataset", faults: []string{on("all_inactive", "{}")}, want: "3 refused, deactivate 37 of 37 waits (refused)"},
		{name: "5 everybody inactive in the second report only", report: "ahead", faults: []string{once("all_inactive", "{}")}, want: "0 no_op"},
	}
}

// columnFaults are rights that the key loses, and values that vanish (security §3 #3, #4, #6, #7, #8;
// product, "Reading", rows 1, 2 and 4; promises SI39, BW22).
func columnFaults() []readFault {
	const blocked = "scope: { block_statuses: [Contractor], no_status: deactivate }"
	const promoted = `6 {"jobInfo":[{"date":"2026-11-20","jobTitle":"Captain"}]}`
	lost := func(field string) []string { return []string{from(0, "drop_field", `{"field":"`+field+`"}`)} }
	null := func(field string) []string { return []string{from(0, "null_field", `{"field":"`+field+`"}`)} }
	return []readFault{
		{name: "3 status lost", faults: lost("status"), want: "1 failed unreadable_column", says: `cannot read \"status\" for anybody`},
		{name: "3 status lost, dataset", reader: "dataset", faults: lost("status"), want: "1 failed unreadable_column"},
		{name: "3 status lost in the first report", report: "present", faults: []string{once("drop_field", `{"field":"status"}`)}, want: "1 failed unreadable_column"},
		{name: "3 status lost in the second report", report: "ahead", faults: []string{once("drop_field", `{"field":"status"}`)}, want: "0 no_op"},
		{name: "3 status blank for all", faults: null("status"), want: "1 failed status_blank", says: "blank for all 40 employees"},
		{name: "3 status blank for all, dataset", reader: "dataset", faults: null("status"), want: "1 failed status_blank"},
		{name: "3 status blank for one", faults: []string{from(0, "null_field", `{"field":"status","ids":[8]}`)}, want: "0 no_op, held inactive_unknown 1"},
		{name: "3 status blank for ten", faults: []string{from(0, "null_field", `{"field":"status","ids":[5,6,7,8,10,11,12,13,14,15]}`)}, want: "0 no_op, held inactive_unknown 10"},
		{name: "3 employment status lost, it blocks", settings: blocked, faults: lost("employmentHistoryStatus"), want: "1 failed unreadable_column"},
		{name: "3 employment status lost, nothing asks for it", faults: lost("employmentHistoryStatus"), want: "0 no_op"},
		{name: "3 employment status blank for all, it blocks", settings: blocked, faults: null("employmentHistoryStatus"), want: "1 failed empty_column", says: "40 employees had one"},
		{name: "3 employment status blank for some in reports only", settings: blocked,
			faults: []string{on("null_field", `{"field":"employmentHistoryStatus","ids":[5,6,7]}`)}, want: "0 no_op, held unreadable 3"},
		{name: "3 employment status blank for many, confirmed", settings: blocked,
			faults: []string{from(0, "null_field", `{"field":"employmentHistoryStatus","ids":[5,6,7,8,10,11,12,13]}`)},
			want:   "3 refused, deactivate 8 of 37 waits (refused)"},
		{name: "3 employment status blank, nobody can confirm it", settings: blocked,
			faults: []string{from(0, "null_field", `{"field":"employmentHistoryStatus","ids":[5,6]}`), `{"name":"status","match":"GET /employees","args":{"code":500}}`},
			want:   "1 failed unavailable", waited: outlasted()},
		{name: "6 work e-mail lost", faults: lost("workEmail"), want: "1 failed unreadable_column"},
		{name: "6 work e-mail blank for all", faults: null("workEmail"), want: "1 failed empty_column", says: "38 employees had one"},
		{name: "6 work e-mail blank for all, dataset", reader: "dataset", faults: null("workEmail"), want: "1 failed empty_column"},
		{name: "6 work e-mail blank for ten", faults: []string{from(0, "null_field", `{"field":"workEmail","ids":[5,6,7,8,10,11,12,13,14,15]}`)}, want: "0 no_op"},
		{name: "6 Employee # lost", faults: lost("employeeNumber"), want: "1 failed unreadable_column"},
		{name: "7 termination date lost", faults: lost("terminationDate"), want: "1 failed unreadable_column"},
		{name: "7 termination date lost in the second report", report: "ahead", faults: []string{once("drop_field", `{"field":"terminationDate"}`)},
			want: "0 no_op, held unreadable@deactivation_date 1"},
		{name: "7 location lost, the rest proceeds", faults: lost("location"), edit: promoted, want: "0 applied, held unreadable@location 1, changed 6"},
		{name: "7 location lost, dataset", reader: "dataset", faults: lost("location"), want: "0 no_op, held unreadable@location 1"},
		{name: "7 phone lost, though a blank one clears", faults: lost("workPhone"), want: "0 no_op, held unreadable@phone 1"},
		{name: "7 manager lost", faults: append(append(lost("supervisorEId"), lost("supervisorId")...), lost("supervisorEmail")...), want: "0 no_op, held unreadable@manager 1"},
		{name: "7 what an expression reads lost", settings: `mapping: { job_title: { expr: "jobTitle" } }`, faults: lost("jobTitle"), want: "0 no_op, held unreadable@job_title 1"},
		{name: "7 hire dates gone", faults: null("hireDate"), want: "0 no_op, held unreadable@hire_date 1", says: "38 people have a value"},
		{name: "7 departments gone, the rest proceeds", faults: null("department"), edit: `6 {"lastName":"Captain"}`, want: "0 applied, held unreadable@department 1, changed 6"},
		{name: "7 phones gone, a blank one clears", faults: null("workPhone"), want: "3 refused, blank 38 of 38 waits (approval)"},
		{name: "7 managers gone", faults: append(append(null("supervisorEId"), null("supervisorId")...), null("supervisorEmail")...),
			want: "3 refused, blank 37 of 37 waits (approval)"},
	}
}

// answerFaults are answers that are none (security §3 #9–#13, #16–#18; product, "Reading", row 1).
func answerFaults() []readFault {
	const fail401, fail403 = `{"code":401}`, `{"code":403}`
	return []readFault{
		{name: "9 cut at the first request", faults: []string{from(0, "truncate", `{"bytes":5}`)}, want: "1 failed truncated", requests: 5, waited: outlasted()},
		{name: "9 both reports cut", faults: []string{on("truncate", `{"bytes":9000}`)}, want: "1 failed truncated", says: "cut short", waited: outlasted()},
		{name: "9 first report cut", report: "present", faults: []string{once("truncate", `{"bytes":20000}`)}, want: "1 failed truncated", waited: outlasted()},
		{name: "9 second report cut", report: "ahead", faults: []string{once("truncate", `{"bytes":3000}`)}, want: "1 failed truncated", waited: outlasted()},
		{name: "9 cut once is tried again", faults: []string{once("truncate", `{"bytes":3000}`)}, want: "0 no_op", requests: 4, waited: own()},
		{name: "9 dataset cut", reader: "dataset", faults: []string{on("truncate", `{"bytes":3000}`)}, want: "1 failed truncated", waited: outlasted()},
		{name: "10 sign-in page at the first request", faults: []string{from(0, "html", "{}")}, want: "1 failed not_json", says: "sign-in page", requests: 1},
		{name: "10 sign-in page in the reports", faults: []string{from(1, "html", "{}")}, want: "1 failed not_json", requests: 3, orFewer: true},
		{name: "10 sign-in page in the second report", report: "ahead", faults: []string{once("html", "{}")}, want: "1 failed not_json", requests: 3, orFewer: true},
		{name: "12 nothing at all", faults: []string{from(1, "empty_body", "{}")}, want: "1 failed shape", waited: outlasted()},
		{name: "12 204", faults: []string{from(1, "status", `{"code":204}`)}, want: "1 failed shape", waited: outlasted()},
		{name: "12 null", faults: []string{from(0, "null_body", "{}")}, want: "1 failed shape", waited: outlasted()},
		{name: "12 {}", faults: []string{from(1, "empty_object", "{}")}, want: "1 failed shape", waited: outlasted()},
		{name: "12 {} in the second report once", faults: []string{`{"name":"empty_object","after":2,"count":1}`}, want: "0 no_op", waited: own()},
		{name: "12 error object", faults: []string{from(1, "status", `{"code":200,"body":"{\"error\":{\"code\":500,\"message\":\"boom\"}}"}`)}, want: "1 failed shape", says: "boom",
			waited: outlasted()},
		{name: "13 401 at once", faults: []string{from(0, "status", fail401)}, want: "1 failed unauthorized", says: "the API key was refused", requests: 1},
		{name: "13 401 in the reports", faults: []string{from(1, "status", fail401)}, want: "1 failed unauthorized", requests: 3, orFewer: true},
		{name: "13 401 in the second report", report: "ahead", faults: []string{once("status", fail401)}, want: "1 failed unauthorized", requests: 3, orFewer: true},
		{name: "13 401 in the dataset", reader: "dataset", faults: []string{from(2, "status", fail401)}, want: "1 failed unauthorized", requests: 3},
		{name: "13 403 at once", faults: []string{from(0, "status", fail403)}, want: "1 failed forbidden", says: "the key's user is enabled", requests: 1},
		{name: "13 403 in the reports", faults: []string{from(1, "status", fail403)}, want: "1 failed forbidden", requests: 3, orFewer: true},
		{name: "13 403 from the reports on, reader auto", reader: "auto", faults: []string{from(1, "status", fail403)}, want: "1 failed forbidden", says: "instead of the report the dataset"},
		{name: "13 only reports refused, reader auto", reader: "auto", faults: []string{`{"name":"status","match":"POST /reports/custom","args":{"code":403}}`}, want: "0 no_op",
			says: "the dataset was read instead"},
		{name: "16 slow first byte", faults: []string{`{"name":"hang","count":1,"args":{"seconds":0.2}}`}, want: "0 no_op", requests: 3},
		{name: "16 drop by drop", faults: []string{`{"name":"slow","after":1,"count":1,"args":{"bytes_per_second":200000}}`}, want: "0 no_op", requests: 3},
		{name: "17 reset before the first byte", faults: []string{times(1, "reset", `{"after_bytes":0}`)}, want: "0 no_op", requests: 4, waited: own()},
		{name: "17 lost answer", faults: []string{times(2, "lost_answer", "{}")}, want: "0 no_op", requests: 5, waited: own()},
		{name: "17 first report reset in the middle", report: "present", faults: []string{once("reset", `{"after_bytes":2000}`)}, want: "1 failed truncated", says: "connection reset",
			waited: outlasted()},
		{name: "17 second report reset in the middle", report: "ahead", faults: []string{once("reset", `{"after_bytes":400}`)}, want: "1 failed truncated", waited: outlasted()},
		{name: "18 gzip bomb at the first request", faults: []string{from(0, "gzip_bomb", "{}")}, want: "1 failed too_large", requests: 1},
		{name: "18 gzip bomb as a report", faults: []string{from(1, "gzip_bomb", "{}")}, want: "1 failed too_large"},
		{name: "18 gzip bomb as a dataset", reader: "dataset", faults: []string{from(1, "gzip_bomb", "{}")}, want: "1 failed too_large"},
		{name: "18 endless", faults: []string{from(1, "endless", "{}")}, want: "1 failed too_large"},
		{name: "18 deep", faults: []string{from(1, "deep_json", "{}")}, want: "1 failed too_deep"},
	}
}

// farFaults break an answer off after so many rows that they have been looked at already, so that only
// the whole reading can be tried again; once is enough for that (security §3 #9, #17).
func farFaults() []readFault {
	return []readFault{
		{name: "9 first report cut far behind, once", report: "present, once", faults: []string{once("truncate", `{"bytes":700000}`)}, want: "0 no_op", requests: 6},
		{name: "9 first report cut far behind", report: "present", faults: []string{once("truncate", `{"bytes":700000}`)}, want: "1 failed truncated", says: "after 700000 bytes", requests: 6},
		{name: "9 dataset cut on its second page, once", reader: "dataset", faults: []string{`{"name":"truncate","match":"POST /v2/datasets/*","after":1,"count":1,"args":{"bytes":100000}}`},
			want: "0 no_op", requests: 6, waited: own()},
		{name: "13 401 when the reading is tried again", report: "present, once",
			faults: []string{once("truncate", `{"bytes":700000}`), `{"name":"status","match":"GET /employees/0","args":{"code":401}}`}, want: "1 failed unauthorized", requests: 4},
		{name: "17 first report reset far behind, once", report: "present, once", faults: []string{once("reset", `{"after_bytes":110000}`)}, want: "0 no_op", requests: 6},
		{name: "17 first report reset far behind", report: "present", faults: []string{once("reset", `{"after_bytes":110000}`)}, want: "1 failed truncated", requests: 6},
	}
}

// retryFaults are waits and refusals for a while (security §3 #14, #15). The clock is the simulator's and
// stands, so a wait moves only the clock of the run; it shows in when the run ended.
func retryFaults() []readFault {
	limited := func(after string) []string {
		return []string{times(2, "status", `{"code":429,"retry_after":`+after+`}`)}
	}
	exactly := func(d time.Duration) [2]time.Duration { return [2]time.Duration{d, d} }
	return []readFault{
		{name: "14 seconds", faults: limited("300"), want: "0 no_op", requests: 5, waited: exactly(10 * time.Minute)},
		{name: "14 as long as is waited for", faults: limited("900"), want: "0 no_op", requests: 5, waited: exactly(30 * time.Minute)},
		{name: "14 HTTP date", faults: limited(`"Sat, 21 Nov 2026 12:02:00 GMT"`), want: "0 no_op", requests: 5, waited: exactly(2 * time.Minute)},
		{name: "14 none", faults: []string{times(2, "status", `{"code":429}`)}, want: "0 no_op", requests: 5, waited: own()},
		{name: "14 past", faults: limited(`"Sat, 21 Nov 2020 12:02:00 GMT"`), want: "0 no_op", requests: 5},
		{name: "14 negative", faults: limited("-5"), want: "0 no_op", requests: 5},
		{name: "14 junk", faults: limited(`"soon"`), want: "0 no_op", requests: 5, waited: own()},
		{name: "14 a day is not waited for", faults: limited("86400"), want: "1 failed rate_limited", says: "after 24h0m0s", requests: 1},
		{name: "14 longer than is waited for", faults: limited("1020"), want: "1 failed rate_limited", says: "after 17m0s", requests: 1},
		{name: "14 huge is not waited for", faults: limited(`"99999999999999999999"`), want: "1 failed rate_limited", says: "more than 30 days", requests: 1},
		{name: "14 without end", faults: []string{from(0, "status", `{"code":429,"retry_after":60}`)}, want: "1 failed rate_limited", requests: 5, waited: exactly(4 * time.Minute)},
		{name: "14 in the reports", faults: []string{`{"name":"status","after":1,"count":2,"args":{"code":429,"retry_after":0}}`}, want: "0 no_op", requests: 5},
		{name: "14 in the second report", report: "ahead", faults: []string{once("status", `{"code":429,"retry_after":86400}`)}, want: "1 failed rate_limited"},
		{name: "14 in the body of a 200", faults: []string{from(0, "status", `{"code":200,"body":"{\"error\":{\"code\":429,\"message\":\"please try again in 60 seconds\"}}"}`)},
			want: "1 failed rate_limited", requests: 1},
		{name: "15 503 with Retry-After, the old way", faults: []string{times(2, "status", `{"code":503,"retry_after":30}`)}, want: "0 no_op", requests: 5, waited: exactly(time.Minute)},
		{name: "15 503", faults: []string{times(2, "status", `{"code":503}`)}, want: "0 no_op", requests: 5, waited: own()},
		{name: "15 500 without end", faults: []string{from(0, "status", `{"code":500}`)}, want: "1 failed unavailable", requests: 5, waited: outlasted()},
		{name: "15 502 page in the reports", faults: []string{from(1, "status", `{"code":502,"body":"<html>Bad gateway</html>"}`)}, want: "1 failed unavailable", requests: 11,
			waited: outlasted()},
		{name: "15 500 in the second report", report: "ahead", faults: []string{once("status", `{"code":500}`)}, want: "1 failed unavailable", requests: 7, waited: outlasted()},
		{name: "15 503 in the dataset", reader: "dataset", faults: []string{from(2, "status", `{"code":503}`)}, want: "1 failed unavailable", requests: 7,
			waited: outlasted()},
	}
}

// recordFaults concern one record each, or only the way that records are written (security §3 #18, #20,
// #22): its person is left alone, the others are in step.
func recordFaults() []readFault {
	return []readFault{
		{name: "18 huge name", faults: []string{on("huge_name", `{"id":5}`)}, want: "0 no_op, held unreadable 1"},
		{name: "18 huge name, dataset", reader: "dataset", faults: []string{on("huge_name", `{"id":5}`)}, want: "0 no_op, held unreadable 1"},
		{name: "18 huge name, another person changes", faults: []string{on("huge_name", `{"id":5}`)}, edit: `6 {"lastName":"Captain"}`, want: "0 applied, held unreadable 1, changed 6"},
		{name: "20 not UTF-8", faults: []string{on("bad_utf8", "{}")}, want: "0 applied, changed 4", says: "bytes that are not UTF-8"},
		{name: "20 byte order mark", faults: []string{from(0, "bom", "{}")}, want: "0 no_op", says: "byte order mark"},
		{name: "20 a key twice", faults: []string{on("duplicate_keys", "{}")}, want: "0 no_op", says: "came twice"},
		{name: "22 row twice", faults: []string{on("duplicate_row", `{"id":5}`)}, want: "0 no_op", says: "a row came twice"},
		{name: "22 row twice, differing", faults: []string{on("duplicate_row", `{"id":5,"differs":true}`)}, want: "0 no_op, held unreadable 1", says: "two different records"},
		{name: "22 row twice, differing, dataset", reader: "dataset", faults: []string{on("duplicate_row", `{"id":5,"differs":true}`)}, want: "0 no_op, held unreadable 1"},
		{name: "22 row twice in the first report, differing", report: "present", faults: []string{once("duplicate_row", `{"id":5,"differs":true}`)}, want: "0 no_op, held unreadable 1"},
		{name: "22 row twice in the second report", report: "ahead", faults: []string{once("duplicate_row", `{"id":5}`)}, want: "0 no_op"},
		{name: "28 ids as numbers", faults: []string{on("id_type", "{}")}, want: "0 no_op"},
	}
}
