//! The people of the `contoso` seed: forty who work there and fifteen who were invited before.

use super::plants::{Outsider, Person};
use super::products::{AAD_PREMIUM, ENTERPRISEPACK, FLOW_FREE, POWER_BI_STANDARD, SPE_E3, VISIOCLIENT};

#[allow(clippy::too_many_arguments, reason = "a table reads best with one row a line")]
const fn person(
    given: &'static str,
    family: &'static str,
    local: &'static str,
    title: &'static str,
    department: &'static str,
    office: &'static str,
    country: &'static str,
    manager: &'static str,
    skus: &'static [&'static str],
) -> Person<'static> {
    Person { given, family, local, title, department, office, country, manager, skus }
}

#[rustfmt::skip]
pub const STAFF: &[Person<'static>] = &[
    person("Maren", "Lindqvist", "maren.lindqvist", "Chief Executive Officer", "Management", "Bern", "CH", "", &[SPE_E3]),
    person("Ola", "Nordmann", "ola.nordmann", "Operations Lead", "IT", "Bern", "CH", "maren.lindqvist", &[SPE_E3, AAD_PREMIUM]),
    person("Megan", "Bowen", "megan.bowen", "Marketing Manager", "Marketing", "Boston", "US", "maren.lindqvist", &[SPE_E3, AAD_PREMIUM, POWER_BI_STANDARD]),
    person("Adele", "Vance", "adele.vance", "Retail Manager", "Retail", "Berlin", "DE", "maren.lindqvist", &[SPE_E3]),
    person("Alex", "Wilber", "alex.wilber", "Project Manager", "Projects", "London", "GB", "maren.lindqvist", &[SPE_E3, VISIOCLIENT]),
    person("Irina", "Volkova", "irina.volkova", "Identity Administrator", "IT", "Bern", "CH", "ola.nordmann", &[SPE_E3, AAD_PREMIUM]),
    person("Søren", "Kjærgaard", "soren.kjaergaard", "Systems Engineer", "IT", "Berlin", "DE", "ola.nordmann", &[SPE_E3, AAD_PREMIUM, VISIOCLIENT]),
    person("Zoë", "García-Núñez", "zoe.garcia", "Helpdesk Technician", "IT", "Boston", "US", "ola.nordmann", &[SPE_E3, AAD_PREMIUM]),
    person("Jürgen", "Müller", "juergen.mueller", "Helpdesk Technician", "IT", "Berlin", "DE", "ola.nordmann", &[SPE_E3, AAD_PREMIUM]),
    person("Nguyễn", "Thị Mai", "mai.nguyen", "Security Analyst", "IT", "Bern", "CH", "ola.nordmann", &[SPE_E3, AAD_PREMIUM]),
    person("Łukasz", "Wójcik", "lukasz.wojcik", "Backup Administrator", "IT", "Berlin", "DE", "ola.nordmann", &[SPE_E3, AAD_PREMIUM, VISIOCLIENT]),
    person("Aiko", "Tanaka", "aiko.tanaka", "Brand Designer", "Marketing", "Boston", "US", "megan.bowen", &[SPE_E3, VISIOCLIENT]),
    person("Seán", "O'Brien", "sean.obrien", "Copywriter", "Marketing", "London", "GB", "megan.bowen", &[SPE_E3]),
    person("Chloé", "Dubois", "chloe.dubois", "Event Manager", "Marketing", "Bern", "CH", "megan.bowen", &[SPE_E3]),
    person("Mateus", "da Silva", "mateus.dasilva", "Web Editor", "Marketing", "Boston", "US", "megan.bowen", &[SPE_E3]),
    person("Priya", "Raghavan", "priya.raghavan", "Store Planner", "Retail", "London", "GB", "adele.vance", &[SPE_E3]),
    person("Çağla", "Yılmaz", "cagla.yilmaz", "Buyer", "Retail", "Berlin", "DE", "adele.vance", &[SPE_E3]),
    person("Giulia", "De Luca", "giulia.deluca", "Buyer", "Retail", "Bern", "CH", "adele.vance", &[SPE_E3]),
    person("Kwame", "Mensah", "kwame.mensah", "Logistics Planner", "Retail", "London", "GB", "adele.vance", &[SPE_E3]),
    person("Anneli", "Korhonen", "anneli.korhonen", "Project Engineer", "Projects", "Berlin", "DE", "alex.wilber", &[SPE_E3, VISIOCLIENT]),
    person("Omar", "Haddad", "omar.haddad", "Project Engineer", "Projects", "London", "GB", "alex.wilber", &[SPE_E3]),
    person("Ting", "Wei", "wei.ting", "Test Engineer", "Projects", "Boston", "US", "alex.wilber", &[SPE_E3]),
    person("Márta", "Szabó", "marta.szabo", "Architect", "Projects", "Bern", "CH", "alex.wilber", &[SPE_E3]),
    person("Ravi", "Patel", "ravi.patel", "Buildings Manager", "Projects", "London", "GB", "alex.wilber", &[SPE_E3]),
    person("Henrietta", "Vögeli", "henrietta.voegeli", "Finance Director", "Finance", "Bern", "CH", "maren.lindqvist", &[ENTERPRISEPACK, POWER_BI_STANDARD]),
    person("Thabo", "Nkosi", "thabo.nkosi", "Controller", "Finance", "London", "GB", "henrietta.voegeli", &[ENTERPRISEPACK, POWER_BI_STANDARD]),
    person("Emilie", "Larsen", "emilie.larsen", "Accountant", "Finance", "Berlin", "DE", "henrietta.voegeli", &[ENTERPRISEPACK, POWER_BI_STANDARD]),
    person("Davit", "Petrosyan", "davit.petrosyan", "Accountant", "Finance", "Boston", "US", "henrietta.voegeli", &[ENTERPRISEPACK]),
    person("Renée", "Fournier", "renee.fournier", "Payroll Clerk", "Finance", "Bern", "CH", "henrietta.voegeli", &[ENTERPRISEPACK]),
    person("Björk", "Jónsdóttir", "bjork.jonsdottir", "People Director", "People", "London", "GB", "maren.lindqvist", &[ENTERPRISEPACK]),
    person("Fatima", "El Amrani", "fatima.elamrani", "Recruiter", "People", "Berlin", "DE", "bjork.jonsdottir", &[ENTERPRISEPACK]),
    person("Goran", "Petrović", "goran.petrovic", "Trainer", "People", "Bern", "CH", "bjork.jonsdottir", &[FLOW_FREE]),
    person("Noor", "Janssen", "noor.janssen", "Office Manager", "People", "London", "GB", "bjork.jonsdottir", &[FLOW_FREE]),
    person("Eszter", "Nagy", "eszter.nagy", "Legal Counsel", "Legal", "Bern", "CH", "maren.lindqvist", &[FLOW_FREE, POWER_BI_STANDARD]),
    person("Hannah", "Schmid", "hannah.schmid", "Paralegal", "Legal", "Bern", "CH", "eszter.nagy", &[FLOW_FREE]),
    person("Yusuf", "Demir", "yusuf.demir", "Purchasing Manager", "Purchasing", "Berlin", "DE", "maren.lindqvist", &[FLOW_FREE]),
    person("Amélie", "Rousseau", "amelie.rousseau", "Buyer", "Purchasing", "Boston", "US", "yusuf.demir", &[FLOW_FREE]),
    person("Tomáš", "Novák", "tomas.novak", "Supplier Manager", "Purchasing", "Berlin", "DE", "yusuf.demir", &[FLOW_FREE]),
    person("Lars", "Vestergaard", "lars.vestergaard", "Driver", "Retail", "Berlin", "", "kwame.mensah", &[]),
    person("Nadia", "Rossi", "nadia.rossi", "Intern", "Marketing", "Bern", "", "megan.bowen", &[]),
];

const fn guest(
    address: &'static str,
    name: &'static str,
    company: &'static str,
    invited: &'static str,
    accepted: Option<(&'static str, &'static str)>,
    sponsor: &'static str,
    last_sign_in: &'static str,
) -> Outsider<'static> {
    Outsider { address, name, company, invited, accepted, enabled: true, sponsor, last_sign_in }
}

const fn disabled(mut outsider: Outsider<'static>) -> Outsider<'static> {
    outsider.enabled = false;
    outsider
}

const ENTRA: &str = "ExternalAzureAD";

#[rustfmt::skip]
pub const GUESTS: &[Outsider<'static>] = &[
    guest("diego.siciliani@fabrikam.example", "Diego Siciliani", "Fabrikam", "2025-02-10T09:00:00Z", Some(("2025-02-10T12:41:00Z", ENTRA)), "megan.bowen", "2026-11-12T08:05:00Z"),
    guest("lee.gu@fabrikam.example", "Lee Gu", "Fabrikam", "2025-02-10T09:01:00Z", Some(("2025-02-11T07:20:00Z", ENTRA)), "megan.bowen", "2026-10-30T15:44:00Z"),
    guest("grady.archie@fabrikam.example", "Grady Archie", "Fabrikam", "2025-02-10T09:02:00Z", None, "megan.bowen", ""),
    guest("lidia.holloway@fabrikam.example", "Lidia Holloway", "Fabrikam", "2024-06-18T14:30:00Z", Some(("2024-06-20T06:55:00Z", ENTRA)), "alex.wilber", "2025-03-01T10:10:00Z"),
    guest("nestor.wilke@northwind.example", "Nestor Wilke", "Northwind Traders", "2023-09-05T08:00:00Z", Some(("2023-09-05T08:30:00Z", "mail")), "adele.vance", "2024-01-19T16:00:00Z"),
    guest("miriam.graham@northwind.example", "Miriam Graham", "Northwind Traders", "2023-09-05T08:01:00Z", None, "adele.vance", ""),
    guest("pradeep.gupta@northwind.example", "Pradeep Gupta", "Northwind Traders", "2024-11-27T13:12:00Z", Some(("2024-12-02T09:00:00Z", "mail")), "adele.vance", "2026-11-18T09:26:00Z"),
    disabled(guest("isaiah.langer@northwind.example", "Isaiah Langer", "Northwind Traders", "2022-04-21T11:45:00Z", Some(("2022-04-22T09:10:00Z", ENTRA)), "", "2022-12-15T17:40:00Z")),
    guest("johanna.lorenz@adatum.example", "Johanna Lorenz", "Adatum", "2026-05-04T10:00:00Z", Some(("2026-05-04T10:06:00Z", "google.com")), "alex.wilber", "2026-11-20T18:11:00Z"),
    guest("henrik.aas@adatum.example", "Henrik Aas", "Adatum", "2026-05-04T10:01:00Z", Some(("2026-05-05T12:00:00Z", ENTRA)), "alex.wilber", "2026-08-02T12:00:00Z"),
    guest("zeynep.kaya@adatum.example", "Zeynep Kaya", "Adatum", "2026-11-10T15:20:00Z", None, "alex.wilber", ""),
    disabled(guest("joni.sherman@adatum.example", "Joni Sherman", "Adatum", "2024-02-29T12:00:00Z", None, "", "")),
    guest("carlos.vega@litware.example", "Carlos Vega", "Litware", "2025-08-14T09:40:00Z", Some(("2025-08-15T10:00:00Z", "MicrosoftAccount")), "tomas.novak", "2026-09-09T09:09:00Z"),
    guest("patti.fernandez@litware.example", "Patti Fernández", "Litware", "2025-08-14T09:41:00Z", Some(("2025-08-20T07:07:00Z", ENTRA)), "tomas.novak", "2025-08-20T07:07:00Z"),
    guest("old.account@proseware.example", "Former Consultant", "Proseware", "2021-01-11T08:00:00Z", Some(("2021-01-12T08:00:00Z", ENTRA)), "", "2021-07-01T08:00:00Z"),
];
