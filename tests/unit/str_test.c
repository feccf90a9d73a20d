/* SPDX-License-Identifier: Apache-2.0 */
/* Byte strings, row by row: UTF-8, folding, quoting, the nearest word, numbers, buffers, paths. */
#include "support.h"

static const struct {
	const char *bytes;
	size_t length; /* 0: not valid */
	uint32_t value;
} characters[] = {
	{ "a", 1, 'a' },
	{ "\x7f", 1, 0x7f },
	{ "\xc2\x80", 2, 0x80 },
	{ "\xdf\xbf", 2, 0x7ff },
	{ "\xe0\xa0\x80", 3, 0x800 },
	{ "\xed\x9f\xbf", 3, 0xd7ff },
	{ "\xee\x80\x80", 3, 0xe000 },
	{ "\xef\xbf\xbf", 3, 0xffff },
	{ "\xf0\x90\x80\x80", 4, 0x10000 },
	{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	{ "\x80", 0, 0 }, /* continuation alone */
	{ "\xbf", 0, 0 },
	{ "\xc0\x80", 0, 0 }, /* overlong NUL */
	{ "\xc0\xaf", 0, 0 },
	{ "\xc1\xbf", 0, 0 },	      /* overlong U+007F */
	{ "\xe0\x9f\xbf", 0, 0 },     /* overlong U+07FF */
	{ "\xf0\x8f\xbf\xbf", 0, 0 }, /* overlong U+FFFF */
	{ "\xed\xa0\x80", 0, 0 },     /* first surrogate */
	{ "\xed\xbf\xbf", 0, 0 },     /* last surrogate */
	{ "\xf4\x90\x80\x80", 0, 0 }, /* U+110000 */
	{ "\xf5\x80\x80\x80", 0, 0 },
	{ "\xf8\x88\x80\x80\x80", 0, 0 },
	{ "\xfe", 0, 0 },
	{ "\xff", 0, 0 },
	{ "\xc2", 0, 0 }, /* cut off */
	{ "\xe2\x82", 0, 0 },
	{ "\xf0\x9f\x98", 0, 0 },
	{ "\xc2"
	  "a",
	  0, 0 }, /* another character in place of the second byte */
	{ "\xe2\x82"
	  "a",
	  0, 0 },
	{ "\xe2"
	  "a\x82",
	  0, 0 },
	{ "", 0, 0 },
};

static void utf8_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		uint32_t value = 0;
		size_t length =
			utf8_decode(characters[i].bytes, strlen(characters[i].bytes), &value);

		assert_int_equal(length, characters[i].length);
		assert_int_equal(value, characters[i].value);
	}
}

/* Every character, encoded by hand, reads back; without its last byte it does not. */
static void utf8_all(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		unsigned char bytes[4];
		uint32_t value = 0;
		size_t n;

		if (c < 0x80) {
			n = 1;
			bytes[0] = (unsigned char)c;
		} else {
			n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
			bytes[0] = (unsigned char)((0xf0 << (4 - n) & 0xff) | c >> 6 * (n - 1));
			for (size_t i = 1; i < n; i++)
				bytes[i] = (unsigned char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
		}
		if (c >= 0xd800 && c <= 0xdfff) {
			assert_int_equal(utf8_decode((const char *)bytes, n, &value), 0);
			continue;
		}
		assert_int_equal(utf8_decode((const char *)bytes, n, &value), n);
		assert_int_equal(value, c);
		assert_int_equal(utf8_decode((const char *)bytes, n - 1, NULL), 0);
	}
}

static const struct {
	const char *text, *folded;
} folds[] = {
	{ "", "" },
	{ "user", "user" },
	{ "USER", "user" },
	{ "noNewPrivileges", "nonewprivileges" },
	{ "[\\]^_`{|}~@", "[\\]^_`{|}~@" }, /* the neighbours of letters */
	{ "\xc5\xbf", "s" },
	{ "\xe2\x84\xaa", "k" },
	{ "ma\xc5\xbf\xe2\x84\xaa", "mask" },
	{ "\xc5", "\xc5" },
	{ "\xe2\x84", "\xe2\x84" },
	{ "\xc5\xbe\xe2\x84\xab", "\xc5\xbe\xe2\x84\xab" }, /* neighbours of the two */
	{ "\xc3\x84", "\xc3\x84" },			    /* no other letter folds */
};

static void fold_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folds); i++) {
		char out[64];
		size_t len = str_fold(folds[i].text, strlen(folds[i].text), out);

		assert_true(str_equal((struct str){ out, len }, str_from(folds[i].folded)));
	}
}

/* str_fold_equal() agrees with str_fold() and str_equal() on every two rows. */
static void fold_equal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folds); i++)
		for (size_t k = 0; k < ARRAY_SIZE(folds); k++)
			assert_int_equal(
				str_fold_equal(str_from(folds[i].text), str_from(folds[k].text)),
				strcmp(folds[i].folded, folds[k].folded) == 0);
	assert_false(str_fold_equal(STR("uid"), STR("uidx")));
	assert_false(str_fold_equal(STR("uidx"), STR("uid")));
	assert_true(str_fold_equal(STR("K"), STR("\xe2\x84\xaa")));
}

static const struct {
	const char *text, *quoted;
} quotes[] = {
	{ "", "\"\"" },
	{ "plain text", "\"plain text\"" },
	{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "\n\t\x1b[2J", "\"\\u000a\\u0009\\u001b[2J\"" },
	{ "\x7f\xc2\x85", "\"\\u007f\\u0085\"" },
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): what has to be shown as \uNNNN */
	{ "\xe2\x80\xae"
	  "txt",
	  "\"\\u202etxt\"" }, /* right-to-left override */
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): what has to be shown as \uNNNN */
	{ "\xe2\x81\xa6", "\"\\u2066\"" },
	{ "\xef\xbb\xbf", "\"\\ufeff\"" },
	{ "\xf3\xa0\x80\xa0", "\"\\udb40\\udc20\"" },
	{ "\xff\xc0\xaf", "\"\\xff\\xc0\\xaf\"" },
	{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
	{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
};

static void quote_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
		const char *quoted = str_quote(*state, str_from(quotes[i].text));
		const char *shown = str_show(*state, str_from(quotes[i].text));

		assert_string_equal(quoted, quotes[i].quoted);
		assert_int_equal(strlen(shown), strlen(quoted) - 2);
		assert_memory_equal(shown, quoted + 1, strlen(shown));
	}
}

static void name_rows(void **state)
{
	static const struct {
		const char *name, *shown;
	} names[] = {
		{ "net.ipv4.conf.eth0-1/a_b", "net.ipv4.conf.eth0-1/a_b" },
		{ "", "\"\"" },
		{ "a dropped", "\"a dropped\"" },
		{ "a; rootUser", "\"a; rootUser\"" },
		{ "a=1", "\"a=1\"" },
		{ "a,b", "\"a,b\"" },
		{ "a\"", "\"a\\\"\"" },
		{ "a\n", "\"a\\u000a\"" },
		{ "\xc3\xbc", "\"\xc3\xbc\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(str_show_name(*state, str_from(names[i].name)), names[i].shown);
}

static const struct {
	const char *text, *shown;
} lines[] = {
	{ "", "" },
	{ "a\tb\n\"c\\\"\n", "a\tb\n\"c\\\"\n" },
	{ "\x1b[2J\r", "\\u001b[2J\\u000d" },
	{ "a\x7f\xc2\x80\xc2\x9f\xc2\xa0", "a\\u007f\\u0080\\u009f\xc2\xa0" },
	{ "\xc2\xad\xcd\x8f\xd8\x9c\xe1\x85\x9f", "\\u00ad\\u034f\\u061c\\u115f" },
	{ "\xe1\x9e\xb4\xe1\xa0\x8e\xe2\x80\x8b", "\\u17b4\\u180e\\u200b" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029" },
	{ "\xe3\x85\xa4\xef\xb8\x8f\xef\xbb\xbf\xef\xbe\xa0", "\\u3164\\ufe0f\\ufeff\\uffa0" },
	{ "\xf0\x9d\x85\xb3\xf3\xa0\x81\xbf", "\\ud834\\udd73\\udb40\\udc7f" },
	{ "\xf0\x9f\x98\x80 gr\xc3\xbc\xc3\x9f", "\xf0\x9f\x98\x80 gr\xc3\xbc\xc3\x9f" },
	{ "\x9b\xe2\x80", "\\x9b\\xe2\\x80" },
};

static void shown_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		auto_buf struct buf once = { 0 }, twice = { 0 };

		buf_add_shown(&once, str_from(lines[i].text));
		assert_true(
			str_equal((struct str){ once.data, once.len }, str_from(lines[i].shown)));
		buf_add_shown(&twice, (struct str){ once.data, once.len });
		assert_true(str_equal((struct str){ once.data, once.len },
				      (struct str){ twice.data, twice.len }));
	}
}

static void quote_is_cut(void **state)
{
	char text[QUOTE_MAX + 2];
	const char *quoted;

	memset(text, 'a', sizeof(text));
	quoted = str_quote(*state, (struct str){ text, QUOTE_MAX });
	assert_int_equal(strlen(quoted), QUOTE_MAX + 2);
	quoted = str_quote(*state, (struct str){ text, QUOTE_MAX + 1 });
	assert_int_equal(strlen(quoted), QUOTE_MAX + 5);
	assert_string_equal(quoted + QUOTE_MAX, "a\"...");
	/* A character that the cut would split is left out. */
	memcpy(text + QUOTE_MAX - 1, "\xc3\xa4", 2);
	quoted = str_quote(*state, (struct str){ text, QUOTE_MAX + 1 });
	assert_string_equal(quoted + QUOTE_MAX - 1, "a\"...");
	assert_int_equal(utf8_decode(quoted + QUOTE_MAX - 1, 1, NULL), 1);
}

static void nearest_rows(void **state)
{
	static const char *const words[] = { "rootUser",   "rootGroup", "capabilities",
					     "hostMounts", "uid",	NULL };
	static const struct {
		const char *text, *nearest;
	} rows[] = {
		{ "rootUser", "rootUser" },
		{ "rootuser", "rootUser" },
		{ "rotUser", "rootUser" },
		{ "rootGrop", "rootGroup" },
		{ "capabilites", "capabilities" },
		{ "hostmount", "hostMounts" },
		{ "ui", "uid" },
		{ "frobnicate", NULL },
		{ "zzzzzz", NULL },
		{ "", NULL },
	};
	char longest[65 + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct str_hint hint = str_hint(str_from(rows[i].text), words, "<", ">?");
		char expected[sizeof(hint.text)] = "";

		if (rows[i].nearest != NULL)
			snprintf(expected, sizeof(expected), "; did you mean <%s>?",
				 rows[i].nearest);
		assert_string_equal(hint.text, expected);
	}
	memset(longest, 'a', sizeof(longest));
	assert_string_equal(str_hint((struct str){ longest, 65 }, words, "", "").text, "");
	assert_string_equal(str_hint((struct str){ longest, 64 }, words, "", "").text, "");
}

static const struct {
	const char *text;
	uint64_t max;
	bool valid;
	uint64_t value;
} numbers[] = {
	{ "0", 0, true, 0 },
	{ "1", 0, false, 0 },
	{ "10", 10, true, 10 },
	{ "11", 10, false, 0 },
	{ "2147483647", 2147483647, true, 2147483647 },
	{ "2147483648", 2147483647, false, 0 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "18446744073709551620", UINT64_MAX, false, 0 },
	{ "99999999999999999999999", UINT64_MAX, false, 0 },
	{ "", 10, false, 0 },
	{ "00", 10, false, 0 },
	{ "01", 10, false, 0 },
	{ "-1", 10, false, 0 },
	{ "-0", 10, false, 0 },
	{ "+1", 10, false, 0 },
	{ " 1", 10, false, 0 },
	{ "1 ", 10, false, 0 },
	{ "1e1", 100, false, 0 },
	{ "1.0", 100, false, 0 },
	{ "0x1", 100, false, 0 },
	{ "1:", 100, false, 0 }, /* ':' is after '9' */
	{ "/1", 100, false, 0 }, /* '/' is before '0' */
	{ "\xd9\xa1", 100, false, 0 },
};

static void number_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t value = 42;

		assert_int_equal(str_to_uint(str_from(numbers[i].text), numbers[i].max, &value),
				 numbers[i].valid);
		assert_int_equal(value, numbers[i].valid ? numbers[i].value : 42);
	}
}

static void comparisons(void **state)
{
	(void)state;
	assert_true(str_equal((struct str){ NULL, 0 }, STR("")));
	assert_false(str_equal(STR("a"), STR("")));
	assert_false(str_equal(STR("a"), STR("b")));
	assert_false(str_is(STR("ab"), "a"));
	assert_false(str_is((struct str){ "a\0b", 3 }, "a"));
	assert_true(str_starts_with(STR("run.oci.x"), "run.oci."));
	assert_false(str_starts_with(STR("run.oci"), "run.oci."));
	assert_true(str_starts_with(STR("x"), ""));
}

static void buffers(void **state)
{
	auto_buf struct buf buf = { 0 };
	char text[1000];

	(void)state;
	buf_add(&buf, "", 0);
	assert_string_equal(buf.data, "");
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 100; i++)
		buf_add(&buf, text, (size_t)i);
	assert_int_equal(buf.len, 99 * 100 / 2);
	assert_int_equal(strlen(buf.data), buf.len);
	buf_printf(&buf, "%s%d", "", 7);
	assert_string_equal(buf.data + buf.len - 2, "x7");
	buf_printf(&buf, "%.*s", (int)sizeof(text), text);
	assert_int_equal(strlen(buf.data), 4950 + 1 + 1000);
}

static void path_rows(void **state)
{
	static const struct {
		const char *path, *normalized; /* NULL: a relative path */
	} rows[] = {
		{ "/", "/" },
		{ "//", "/" },
		{ "/a/b", "/a/b" },
		{ "/a//b///", "/a/b" },
		{ "/./a/./b/.", "/a/b" },
		{ "/a/../b", "/b" },
		{ "/..", "/" },
		{ "/a/b/../..", "/" },
		{ "/../../a", "/a" },
		{ "/a/...", "/a/..." },
		{ "/a/.b", "/a/.b" },
		{ "", NULL },
		{ "a/b", NULL },
		{ "./a", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *got = str_path_normalize(*state, str_from(rows[i].path));

		if (rows[i].normalized == NULL)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].normalized);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_rows),	cmocka_unit_test(utf8_all),
		cmocka_unit_test(fold_rows),	cmocka_unit_test(fold_equal),
		cmocka_unit_test(shown_rows),	WITH_ARENA(quote_rows),
		WITH_ARENA(name_rows),		WITH_ARENA(quote_is_cut),
		cmocka_unit_test(nearest_rows), cmocka_unit_test(number_rows),
		cmocka_unit_test(comparisons),	cmocka_unit_test(buffers),
		WITH_ARENA(path_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
