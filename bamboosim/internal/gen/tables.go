package gen

// name is a given or family name with the spelling used in e-mail addresses.
type name struct{ shown, mail string }

// given is a first name with its short form, if it has one, and the gender it is mostly given to.
type given struct {
	name
	short  string
	gender string
}

// place of work with what belongs to it.
type location struct {
	name, division, city, state, country, phone string
}

// job is the ladder of titles of a department: head, lead, then those who lead nobody.
type job struct {
	head, lead string
	titles     []string
}

// tables are the words that people are made of. The names are common ones of many countries; the people are nobody.
type tables struct {
	first     []given
	last      []name
	locations []location
	slots     []string // departments, repeated by size
	jobs      map[string]job
	shirts    []string
	teams     []string
}

func newTables() *tables {
	t := &tables{
		locations: []location{
			{"New York", "North America", "New York", "New York", "United States", "+1 212 555 01"},
			{"Utrecht", "Europe", "Utrecht", "Utrecht", "Netherlands", "+31 30 555 01"},
			{"London", "Europe", "London", "", "United Kingdom", "+44 20 7946 00"},
			{"Berlin", "Europe", "Berlin", "Berlin", "Germany", "+49 30 5550 01"},
			{"Toronto", "North America", "Toronto", "Ontario", "Canada", "+1 416 555 01"},
			{"Singapore", "Asia-Pacific", "Singapore", "", "Singapore", "+65 6555 01"},
			{"Remote", "North America", "Boise", "Idaho", "United States", "+1 208 555 01"},
		},
		slots: []string{
			"Engineering", "Sales", "Customer Success", "Marketing", "Finance", "Human Resources", "Operations", "Product",
			"Design", "Information Technology", "Legal", "Facilities", "Engineering", "Engineering", "Engineering", "Sales",
			"Sales", "Customer Success", "Customer Success", "Operations", "Product", "Marketing", "Engineering", "Sales",
		},
		jobs: map[string]job{
			"Engineering":            {"VP Engineering", "Engineering Manager", []string{"Software Engineer", "Senior Engineer", "QA Engineer", "Site Reliability Engineer"}},
			"Sales":                  {"VP Sales", "Sales Manager", []string{"Account Manager", "Sales Representative", "Sales Engineer"}},
			"Customer Success":       {"VP Customer Success", "Support Lead", []string{"Support Specialist", "Onboarding Specialist"}},
			"Marketing":              {"VP Marketing", "Marketing Manager", []string{"Content Writer", "Marketing Analyst"}},
			"Finance":                {"Chief Financial Officer", "Finance Manager", []string{"Bookkeeper", "Financial Analyst"}},
			"Human Resources":        {"Chief People Officer", "HR Manager", []string{"HR Generalist", "Recruiter"}},
			"Operations":             {"Chief Operating Officer", "Operations Manager", []string{"Operations Analyst", "Logistics Planner"}},
			"Product":                {"Chief Product Officer", "Group Product Manager", []string{"Product Manager", "Product Analyst"}},
			"Design":                 {"Head of Design", "Design Lead", []string{"Designer", "User Researcher"}},
			"Information Technology": {"Chief Information Officer", "IT Manager", []string{"Systems Administrator", "Help Desk Technician"}},
			"Legal":                  {"General Counsel", "Legal Manager", []string{"Counsel", "Paralegal"}},
			"Facilities":             {"Head of Facilities", "Facilities Manager", []string{"Receptionist", "Building Technician"}},
		},
		shirts: []string{"Small", "Medium", "Large", "Extra large"},
		teams:  []string{"Blue", "Green", "Red", "Blue,Green", "Red,Green"},
	}
	t.names()
	return t
}

func (t *tables) names() {
	women := []string{"Ada", "Aisha", "Alice", "Amina", "Anna", "Beatriz", "Carmen", "Chloe", "Clara", "Dana", "Elena", "Ella",
		"Esther", "Fatima", "Freya", "Grace", "Hana", "Helena", "Ines", "Iris", "Ivy", "Julia", "Kavya", "Keiko", "Lena", "Lin",
		"Lucia", "Mara", "Maya", "Mei", "Mina", "Nadia", "Nora", "Olga", "Paula", "Petra", "Priya", "Rosa", "Ruth", "Sara",
		"Selma", "Sofia", "Tara", "Thandi", "Uma", "Vera", "Wanda", "Yara", "Yuki", "Zainab"}
	men := []string{"Adam", "Ahmed", "Anton", "Arjun", "Ben", "Carlos", "Chen", "Cyrus", "David", "Diego", "Dmitri", "Emil",
		"Erik", "Felix", "Femi", "Finn", "Gabriel", "Hassan", "Hugo", "Ivan", "Jakob", "Jamal", "Jin", "Jonas", "Karl", "Kenji",
		"Kofi", "Lars", "Leo", "Luca", "Marco", "Mateo", "Milan", "Nils", "Noah", "Omar", "Otto", "Pablo", "Ravi", "Rohan",
		"Samir", "Stefan", "Sven", "Tariq", "Theo", "Tomas", "Victor", "Wei", "Yusuf", "Zoltan"}
	for _, n := range women {
		t.first = append(t.first, given{name: plain(n), gender: "Female"})
	}
	for _, n := range men {
		t.first = append(t.first, given{name: plain(n), gender: "Male"})
	}
	t.first = append(t.first,
		given{plain("Alexander"), "Alex", "Male"}, given{plain("Benjamin"), "Ben", "Male"}, given{plain("Charlotte"), "Charlie", "Female"},
		given{plain("Christopher"), "Chris", "Male"}, given{plain("Elizabeth"), "Liz", "Female"}, given{plain("Isabella"), "Bella", "Female"},
		given{plain("Jonathan"), "Jon", "Male"}, given{plain("Katherine"), "Kate", "Female"}, given{plain("Margaret"), "Maggie", "Female"},
		given{plain("Matthew"), "Matt", "Male"}, given{plain("Nicholas"), "Nick", "Male"}, given{plain("Oluwaseun"), "Seun", "Male"},
		given{plain("Rebecca"), "Becky", "Female"}, given{plain("Samuel"), "Sam", "Male"}, given{plain("Theodora"), "Dora", "Female"},
		given{name{"Zoë", "zoe"}, "", "Female"}, given{name{"José", "jose"}, "Pepe", "Male"}, given{name{"Łukasz", "lukasz"}, "", "Male"},
		given{name{"Søren", "soren"}, "", "Male"}, given{name{"Anne-Marie", "anne-marie"}, "Anne", "Female"})
	for _, n := range []string{"Abara", "Adeyemi", "Ahmed", "Almeida", "Andersson", "Baker", "Bakker", "Banerjee", "Bauer", "Bianchi",
		"Blom", "Brandt", "Brown", "Carter", "Castro", "Chan", "Chopra", "Clarke", "Costa", "Dahl", "Das", "Davies", "Dekker", "Diaz",
		"Dubois", "Eriksen", "Evans", "Farouk", "Fischer", "Foster", "Fraser", "Fujita", "Garcia", "Ghosh", "Green", "Gupta", "Haddad",
		"Hall", "Hansen", "Hassan", "Hayashi", "Hill", "Hoffmann", "Hughes", "Ibrahim", "Ito", "Jansen", "Jensen", "Johansson", "Kaya",
		"Keller", "Khan", "Kim", "Klein", "Kovacs", "Kruger", "Kumar", "Laine", "Lambert", "Larsen", "Lee", "Levy", "Lopez", "Maas",
		"Martin", "Mbeki", "Meyer", "Moreau", "Morris", "Nakamura", "Ndlovu", "Nielsen", "Novak", "Nowak", "Okafor", "Oliveira", "Osman",
		"Park", "Patel", "Perez", "Petrov", "Pham", "Pires", "Popescu", "Quinn", "Rahman", "Ramos", "Rao", "Reid", "Ricci", "Rossi",
		"Roy", "Ruiz", "Sato", "Schmidt", "Shah", "Silva", "Singh", "Smit", "Sousa", "Suzuki", "Tanaka", "Taylor", "Tran", "Ueda",
		"Vargas", "Visser", "Wagner", "Walker", "Wang", "Weber", "Wilson", "Wong", "Yamada", "Yilmaz", "Young", "Zhang", "Zimmer"} {
		t.last = append(t.last, plain(n))
	}
	t.last = append(t.last, name{"O'Neill", "oneill"}, name{"van der Berg", "vanderberg"}, name{"Müller", "mueller"},
		name{"Çelik", "celik"}, name{"Nuñez", "nunez"}, name{"Björk", "bjork"}, name{"Nguyễn", "nguyen"}, name{"D’Arcy", "darcy"},
		name{"Smith-Jones", "smith-jones"}, name{"Åberg", "aberg"})
}

// plain is a name without signs that an e-mail address cannot have.
func plain(s string) name {
	b := []byte(s)
	b[0] |= 0x20
	return name{s, string(b)}
}

func (t *tables) lists() map[string][]string {
	lists := map[string][]string{
		"department":              t.slots,
		"jobTitle":                {"Chief Executive Officer"},
		"employmentHistoryStatus": {"Full-Time", "Part-Time", "Contractor", "Intern", "Terminated"},
		"customShirtsize":         t.shirts,
	}
	for _, l := range t.locations {
		lists["location"] = append(lists["location"], l.name)
		lists["division"] = append(lists["division"], l.division)
	}
	for _, j := range t.jobs {
		lists["jobTitle"] = append(append(lists["jobTitle"], j.head, j.lead), j.titles...)
	}
	return lists
}
