package bamboosim

// Behaviour is one thing the simulator does like BambooHR, with its evidence.
type Behaviour struct {
	ID     string // stable, e.g. "report-drops-fields"
	Text   string
	Source string // "[R] recording", "[D] documentation", "[C] known client", or "assumed" with the reason
}

// Behaviours lists what the simulator claims about BambooHR, so that it can be shown, and checked against a real account.
func Behaviours() []Behaviour {
	var list []Behaviour
	for _, group := range [][]Behaviour{transportBehaviours(), readBehaviours(), bulkBehaviours(), dataBehaviours(), writeBehaviours()} {
		list = append(list, group...)
	}
	return list
}

func transportBehaviours() []Behaviour {
	return []Behaviour{
		{"path-gateway", "The API answers under /api/gateway.php/{company}/v1.", "[R] all recordings 2022–2026"},
		{"path-company-host", "The API answers under /api/v1 on the company's host.", "[D] OpenAPI servers"},
		{"unknown-company", "An unknown company is 404 without a body.", "assumed: undocumented"},
		{"unknown-path", "An unknown path or method is 404 without a body.", "[D] bamboohr-api §1.5"},
		{"basic-auth", "HTTP Basic: the key is the user name, the password is any text.", "[D] bamboohr-api §1.2"},
		{"wrong-key", "A wrong or missing key is 401 with WWW-Authenticate, an empty body and the text in a header.", "[R] error-401"},
		{"lock-out", "Repeated unknown keys disable API access for a while: 403 to any request.", "[D] bamboohr-api §1.2"},
		{"lock-out-numbers", "10 wrong keys in 10 minutes lock for 15 minutes.", "assumed: no numbers are published"},
		{"disabled-owner", "The key of a disabled user is 403.", "assumed: 401 and 403 are both reported; the text is [D] bamboohr-api §5"},
		{"error-headers", "Older endpoints say errors in X-BambooHR-Error-Message and its misspelt twin.", "[R] error-404-employee"},
		{"headers", "Answers carry X-Request-Id (39 digits), Cache-Control, Vary, HSTS, nosniff and no ETag.", "[R] bamboohr-api §1.7"},
		{"xml-default", "XML unless Accept names application/json, or ?format=json where documented.", "[R] tables-4-jobInfo-xml"},
		{"utf8-raw", "JSON strings hold raw UTF-8 without \\u escapes.", "assumed: recordings were stored decoded"},
		{"gzip", "Answers are compressed when the client accepts gzip.", "assumed: usual for nginx"},
	}
}

func readBehaviours() []Behaviour {
	return []Behaviour{
		{"employee-0", "employees/0 is the key's own employee, or {\"id\":\"0\"} for a user who is none.", "[R] employees-0, [D] employees-0-nonemployee"},
		{"get-default-fields", "Without fields only the id is answered.", "[R] employees-0, [D] get-employee 2026-08"},
		{"get-omits", "Unknown and unreadable fields are missing without a mark.", "[D] get-employee 2026-08"},
		{"get-403", "A person outside the access level is 403 with a text.", "[D] get-employee 2026-08"},
		{"get-404", "An unknown id is 404 with the doubled text.", "[R] error-404-employee"},
		{"get-max-fields", "More than 400 fields are 400.", "[D] get-employee"},
		{"directory-form", "The directory has its own fields, labels and types; supervisor is First Last.", "[R] employees-directory"},
		{"directory-people", "Active with a hire date that has come; hidden people are missing silently.", "[R] employees-directory (91 of 114), [D] get-employees-directory"},
		{"directory-off", "403 when not shared; reduced fields for org chart only; 404 when empty.", "[D] bamboohr-api §2.3"},
		{"changed", "Changed at or after since, as a map by id with Inserted, Updated, Deleted.", "[D] get-changed-employee-ids"},
		{"changed-empty", "No change is an empty object, and latest is since.", "[D] get-changed-employee-ids for the object; PHP might write []"},
		{"changed-dates", "A future-dated row that takes effect does not touch lastChanged; a status flip does.", "assumed: nothing is promised"},
		{"tables", "Rows are not sorted, unset columns are \"\", teams is null, unreadable columns are missing.", "[R] tables-all-jobInfo"},
		{"tables-hidden-person", "The table of a single person outside the access level is 403.", "assumed: undocumented"},
		{"tables-changed", "Any change of a person returns all rows, without ids.", "[R] changed-tables-jobInfo, [C] yabhrg for the XML"},
		{"meta-fields", "Ids are numbers or strings; computed fields are valid but not listed.", "[R] meta-fields"},
		{"meta-lists", "Lists with options; Contractor and Terminated are built in; location is not manageable.", "[R] meta-lists"},
		{"meta-users", "Users by id, employeeId 0 for non-employees.", "[R] meta-users"},
		{"photo", "Six sizes, always typed image/jpeg; JSON form on request; error texts in the header.", "[D] get-employee-photo"},
		{"photo-url", "A signed-looking address for 30 days, or the placeholder.", "[R] employees-list-page1"},
	}
}

func bulkBehaviours() []Behaviour {
	return []Behaviour{
		{"report-content-type", "A report body is JSON only with Content-Type application/json exactly, else it is read as XML.", "[D] request-custom-report"},
		{"report-no-content-type", "Without any Content-Type both forms are read.", "[C] baton-bamboohr sends JSON so, PyBambooHR XML"},
		{"report-accept", "Without format, Accept must be exactly one of five types, else 404.", "[D] request-custom-report"},
		{"report-drops-fields", "Unknown and unreadable fields are missing from fields and rows, with 200.", "[D] bamboohr-api §2.4"},
		{"report-people", "Everybody the key may see, Active and Inactive, by ascending id, in one answer.", "[R] report-custom-minimal"},
		{"report-row-gap", "A field that is hidden on one record only is null there.", "[C] bamboohr-api §3.4"},
		{"report-numeric-id", "A field asked by id answers under \"<id>.0\".", "[R] report-saved-legacy"},
		{"report-no-fields", "An empty field list returns one employee.", "[C] kevinoid/bamboohr-openapi"},
		{"report-binary", "xls and pdf are not made: 501.", "assumed: not worth simulating"},
		{"saved-reports", "Two saved reports exist.", "assumed: every company has others"},
		{"list-pages", "Cursors are base64 of {\"nextEmployee\":id}; next and prev are missing at the ends.", "[R] employees-list-page1..3"},
		{"list-links", "_links name the company's host, also through the gateway.", "[R] employees-list-page1"},
		{"list-bad-page", "A cursor whose employee is gone, or of the wrong direction, is 400 BadPage.", "[D] list-employees"},
		{"list-filters", "Substring or exact by field; unknown filters are 422.", "[D] GetEmployeesFilterRequestObject 2026-08"},
		{"list-restricted", "Unreadable values are null and named in _restrictedFields, also for whole people.", "[D] list-employees 2026-08"},
		{"list-restricted-filter", "A filter or sort on an unreadable field drops the person.", "[D] list-employees"},
		{"list-blank", "Blank values are null, dates too.", "assumed: only text fields were recorded blank"},
		{"dataset-filter", "eq ne lt le gt ge in, and or or but not both, durations; else 422.", "[D] get-data-from-dataset-v2 2026-08"},
		{"dataset-errors", "Errors are problem documents, as application/json in v2 and application/problem+json in v1_2; v1 has error objects and texts.", "[D] OpenAPI 2026-04"},
		{"dataset-field", "An unknown field is 400 INVALID_ARGUMENT with the employee_ prefix.", "[D] get-data-from-dataset-v2 2026-08"},
		{"dataset-order", "Without orderBy the order is no order of ids; orderBy fields must be in fields, else 400 UE-1001.", "[D] get-data-from-dataset-v2 2026-08"},
		{"dataset-links", "links is [] when there is none.", "[R] dataset-v2-employee-data"},
		{"dataset-restricted", "An unreadable value is \"\" and named employee_… in the row's _restrictedFields.", "[D] get-data-from-dataset-v2 2026-08"},
		{"dataset-blank", "Blank values are null.", "[R] dataset-v2-employee-data for text, assumed for the rest"},
	}
}

func dataBehaviours() []Behaviour {
	return []Behaviour{
		{"blank-values", "Reports: null, dates 0000-00-00, state and birthday \"\", pay \" USD\", checkbox 0.", "[R] bamboohr-api §3.3"},
		{"supervisor-ids", "supervisorEId is the manager's id, supervisorId the manager's Employee #.", "[R] report-custom-onlyCurrent-true, report-custom-checkbox-supervisorEId"},
		{"history", "The row with the greatest date not after today counts, the last among equals.", "[R] tables-all-jobInfo, assumed for equals"},
		{"only-current-false", "Future rows and termination dates show only with onlyCurrent=false.", "[R] report-custom-onlyCurrent-false-2022"},
		{"future-hire", "A future hire is Active with null job fields until the row's date.", "[R] report-custom-onlyCurrent-true (id 114)"},
		{"status-flag", "status is stored; it flips to Inactive when a termination date arrives.", "[D] 2016.09 note, [R] ids 34 and 41"},
		{"status-twin", "employmentStatus is the deprecated twin of status outside datasets.", "[R] meta-fields"},
		{"employee-number", "Employee # differs from the id, may be blank, and may equal another's id.", "[R] report-custom-minimal"},
		{"base-changed", "People of a company file count as changed a day before the clock starts.", "assumed: the file does not say"},
	}
}

func writeBehaviours() []Behaviour {
	return []Behaviour{
		{"create", "201 with a Location in gateway form; equal requests make two people.", "[R] employee-create"},
		{"create-location", "Called through the gateway, the Location has the same address; else the gateway's.", "[R] employee-create, [C] PyBambooHR takes its own address off it"},
		{"write-xml", "A body is XML or JSON by its first character, whatever Content-Type says.", "[C] PyBambooHR, Bamboozled and yabhrg send XML without or with other types"},
		{"create-conflict", "A duplicate address, whatever its case, and an unknown list option are 409.", "[D] bamboohr-api §2.10"},
		{"update", "A partial update answers id, names, status and the changed fields.", "[R] employee-update"},
		{"update-history", "Writing a job field adds a row dated today.", "[D] bamboohr-api §2.10"},
		{"delete", "DELETE is 204, later Deleted in changed.", "[R] employee-delete"},
		{"rows", "Rows are created and updated with 200 and no body, deleted with success true or false.", "[R] tables-row-create, -update, -delete"},
		{"rows-delete-400", "Deleting a row of an unknown person or table is 400.", "[D] delete-employee-table-row"},
		{"rows-termination", "A Terminated row sets the termination date; another status after it is a rehire.", "[D] bamboohr-api §2.8"},
		{"rows-termination-deleted", "Deleting the row of a termination takes the termination back.", "assumed: undocumented"},
		{"lists-update", "PUT of a list answers the list as XML.", "[D] update-list-field-values"},
		{"webhook-create", "The private key shows only in the answer to the creation.", "[R] webhook-create"},
		{"webhook-signature", "Hex HMAC-SHA256 of body and timestamp under the key's characters.", "[R] webhook-signature-vector"},
		{"webhook-retries", "After 5, 10, 20, 40, 80 minutes; a 4xx is never tried again.", "[D] bamboohr-api §4"},
		{"webhook-retry-stamp", "A retry keeps its timestamp.", "assumed: undocumented"},
		{"webhook-created-twice", "A creation fires created and updated.", "[D] bamboohr-api §4"},
		{"webhook-loopback", "A loopback address may be plain http.", "assumed: BambooHR wants https; here webhooks can be tried on one machine"},
	}
}
