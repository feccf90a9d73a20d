/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the results of policy test cases: see case_results.h. */
#include "case_results.h"

#include <string.h>

#include "base/cleanup.h"
#include "report/xml.h"

static unsigned int count(const struct test_run *run, enum test_result result)
{
	unsigned int n = 0;

	for (const struct test_suite *suite = run->suites; suite != NULL; suite = suite->next)
		n += suite->n_results[result];
	return n;
}

static unsigned int suite_size(const struct test_suite *suite)
{
	return suite->n_results[TEST_PASSED] + suite->n_results[TEST_FAILED] +
	       suite->n_results[TEST_BROKEN];
}

/* Adds each line of text with `prefix` before it. Control characters become "?". */
static void add_lines(struct arena *arena, struct buf *buf, const char *prefix, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		char *line = arena_copy(arena, text, len);

		for (char *c = line; *c != '\0'; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = '?';
		buf_printf(buf, "%s%s\n", prefix, line);
		text += len + (text[len] == '\n');
	}
}

static const char *shown(const struct test_run *run, const char *name)
{
	return str_show(run->arena, str_from(name));
}

static void add_text(const struct test_run *run, struct buf *buf)
{
	unsigned int passed = count(run, TEST_PASSED), failed = count(run, TEST_FAILED),
		     broken = count(run, TEST_BROKEN);

	for (const struct test_suite *suite = run->suites; suite != NULL; suite = suite->next) {
		for (const struct test_case *test = suite->cases; test != NULL; test = test->next) {
			if (test->result == TEST_PASSED)
				continue;
			buf_printf(buf, "%s %s/%s\n",
				   test->result == TEST_FAILED ? "failed" : "cannot run",
				   shown(run, suite->name), shown(run, test->name));
			add_lines(run->arena, buf, "  ", test->why);
		}
	}
	for (const struct test_suite *suite = run->suites; suite != NULL; suite = suite->next)
		if (suite->note != NULL)
			add_lines(run->arena, buf, "note: ", suite->note);
	buf_printf(buf, "%u case%s: %u passed, %u failed", passed + failed + broken,
		   passed + failed + broken == 1 ? "" : "s", passed, failed);
	if (broken > 0)
		buf_printf(buf, ", %u cannot run", broken);
	buf_printf(buf, "\n");
}

static void add_tap(const struct test_run *run, struct buf *buf)
{
	unsigned int n = 0;

	buf_printf(buf, "TAP version 13\n");
	for (const struct test_suite *suite = run->suites; suite != NULL; suite = suite->next) {
		for (const struct test_case *test = suite->cases; test != NULL; test = test->next) {
			auto_buf struct buf name = { 0 };

			/* A "#" would begin a directive, and "# SKIP" passes. */
			buf_printf(&name, "%s/%s", shown(run, suite->name), shown(run, test->name));
			for (char *c = name.data; *c != '\0'; c++)
				*c = *c == '#' ? '_' : *c;
			buf_printf(buf, "%sok %u - %s\n", test->result == TEST_PASSED ? "" : "not ",
				   ++n, name.data);
			if (test->result != TEST_PASSED)
				add_lines(run->arena, buf, "# ", test->why);
		}
		if (suite->note != NULL)
			add_lines(run->arena, buf, "# note: ", suite->note);
	}
	buf_printf(buf, "1..%u\n", n);
}

static void add_attribute(struct buf *buf, const char *name, const char *value)
{
	buf_printf(buf, " %s=\"", name);
	xml_add(buf, str_from(value));
	buf_printf(buf, "\"");
}

static void add_junit_case(struct buf *buf, const struct test_suite *suite,
			   const struct test_case *test)
{
	const char *element = test->result == TEST_FAILED ? "failure" : "error";
	const char *type = test->result == TEST_FAILED ? "unexpected" : "broken";
	auto_buf struct buf first = { 0 };

	buf_printf(buf, "    <testcase");
	add_attribute(buf, "classname", suite->name);
	add_attribute(buf, "name", test->name);
	if (test->result == TEST_PASSED) {
		buf_printf(buf, "/>\n");
		return;
	}
	buf_printf(buf, ">\n      <%s", element);
	buf_add(&first, test->why, strcspn(test->why, "\n"));
	add_attribute(buf, "message", first.data);
	add_attribute(buf, "type", type);
	buf_printf(buf, ">");
	xml_add(buf, str_from(test->why));
	buf_printf(buf, "</%s>\n    </testcase>\n", element);
}

static void add_junit(const struct test_run *run, struct buf *buf)
{
	unsigned int failed = count(run, TEST_FAILED), broken = count(run, TEST_BROKEN);

	buf_printf(
		buf,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"rootfence test\" tests=\"%u\" failures=\"%u\" errors=\"%u\">\n",
		count(run, TEST_PASSED) + failed + broken, failed, broken);
	for (const struct test_suite *suite = run->suites; suite != NULL; suite = suite->next) {
		buf_printf(buf, "  <testsuite");
		add_attribute(buf, "name", suite->name);
		buf_printf(buf, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"0\">\n",
			   suite_size(suite), suite->n_results[TEST_FAILED],
			   suite->n_results[TEST_BROKEN]);
		for (const struct test_case *test = suite->cases; test != NULL; test = test->next)
			add_junit_case(buf, suite, test);
		if (suite->note != NULL) {
			buf_printf(buf, "    <system-out>");
			xml_add(buf, str_from(suite->note));
			buf_printf(buf, "</system-out>\n");
		}
		buf_printf(buf, "  </testsuite>\n");
	}
	buf_printf(buf, "</testsuites>\n");
}

struct str test_report(const struct test_run *run, enum test_format format)
{
	auto_buf struct buf buf = { 0 };

	switch (format) {
	case TEST_TEXT:
		add_text(run, &buf);
		break;
	case TEST_JUNIT:
		add_junit(run, &buf);
		break;
	case TEST_TAP:
		add_tap(run, &buf);
		break;
	}
	return (struct str){ arena_copy(run->arena, buf.data, buf.len), buf.len };
}
