//! What can be done with lists, texts and dates: names, how each is called, and a few words about it.

type Method = (&'static str, &'static str, &'static str);

pub const LIST: &[Method] = &[
    ("len()", "len()", "how many there are"),
    ("filter(|", "filter(|x| ...)", "those for which it is true"),
    ("map(|", "map(|x| ...)", "what the closure makes of each"),
    ("find(|", "find(|x| ...)", "the first for which it is true"),
    ("for_each(|", "for_each(|x| ...)", "do something with each"),
    ("some(|", "some(|x| ...)", "whether it is true for one"),
    ("all(|", "all(|x| ...)", "whether it is true for all"),
    ("sort_by(", "sort_by(\"name\")", "in the order of a property"),
    ("group_by(", "group_by(\"name\")", "under the values of a property"),
    ("unique()", "unique()", "each once"),
    ("sum()", "sum()", "of numbers"),
    ("join(", "join(\", \")", "as one text"),
    ("contains(", "contains(x)", "whether it is one of them"),
    ("index_of(", "index_of(x)", "where it stands, from 0"),
    ("push(", "push(x)", "one more at the end"),
    ("slice(", "slice(from, count)", "a part"),
    ("reverse()", "reverse()", "turned round, in place"),
    ("is_empty()", "is_empty()", "whether there is none"),
];

pub const ROWS: &[Method] = &[
    ("len()", "len()", "how many there are"),
    ("filter(|", "filter(|row| ...)", "those for which it is true"),
    ("map(|", "map(|row| ...)", "what the closure makes of each"),
    ("for_each(|", "for_each(|row| ...)", "do something with each"),
    ("slice(", "slice(from, count)", "a part"),
    ("to_array()", "to_array()", "as an array"),
    ("is_empty()", "is_empty()", "whether there is none"),
];

pub const TEXT: &[Method] = &[
    ("len()", "len()", "how many characters"),
    ("contains(", "contains(\"x\")", "whether that is in it"),
    ("starts_with(", "starts_with(\"x\")", "whether it begins so"),
    ("ends_with(", "ends_with(\"x\")", "whether it ends so"),
    ("to_lower()", "to_lower()", "in small letters"),
    ("to_upper()", "to_upper()", "in capitals"),
    ("trim()", "trim()", "without spaces around it"),
    ("split(", "split(\",\")", "the parts between"),
    ("split_list()", "split_list()", "the parts between `;` or `,`"),
    ("replace(", "replace(\"a\", \"b\")", "in place"),
    ("sub_string(", "sub_string(from, count)", "a part"),
    ("parse_int()", "parse_int()", "as a whole number"),
    ("is_empty()", "is_empty()", "whether there is nothing in it"),
];

pub const DATE: &[Method] = &[
    ("add_days(", "add_days(n)", "so many days later"),
    ("format(", "format(\"%d.%m.%Y\")", "as text"),
    ("year", "year", "a number"),
    ("month", "month", "a number"),
    ("day", "day", "a number"),
];

pub const SPAN: &[Method] = &[
    ("days", "days", "whole days"),
    ("hours", "hours", "whole hours"),
    ("minutes", "minutes", "whole minutes"),
    ("seconds", "seconds", "whole seconds"),
];

pub const OBJECT: &[Method] = &[
    ("contains(", "contains(\"name\")", "whether it has that property"),
    ("keys()", "keys()", "the names of its properties"),
    ("values()", "values()", "their values"),
    ("to_map()", "to_map()", "as a map"),
    ("to_json()", "to_json()", "as JSON text"),
];

/// Functions of the language that are called by themselves.
pub const FUNCTIONS: &[Method] = &[
    ("print(", "print(x)", "write a line, a list or a table"),
    ("type_of(", "type_of(x)", "the kind of a value"),
    ("sleep(", "sleep(seconds)", "wait"),
    ("split_list(", "split_list(text)", "the parts between `;` or `,`"),
    ("same_address(", "same_address(a, b)", "whether two addresses are the same"),
    ("parse_int(", "parse_int(text)", "a whole number"),
    ("range(", "range(from, to)", "numbers to loop over"),
];
