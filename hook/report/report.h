/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts in words and as JSON, and the ways on which a refusal reaches people. */
#ifndef ROOTFENCE_REPORT_REPORT_H
#define ROOTFENCE_REPORT_REPORT_H

#include "json/writer.h"
#include "policy/policy.h"

/*
 * report_refusal: "refused by policy 'NAME': N findings", then a line for each refusal: rule,
 * what was seen and is wanted, how to mend it; the first 32 only. The first line makes sense alone.
 */
char *report_refusal(struct arena *arena, const struct verdict *verdict);

/* report_verdict: the verdict in one line, then every finding, refusals first. */
char *report_verdict(struct arena *arena, const struct verdict *verdict);

/* report_refuses: is the finding a refusal, a rewrite that cannot be carried out included? */
bool report_refuses(const struct finding *finding);

/* report_json: one element of "results": path, verdict and findings. */
void report_json(struct json_writer *writer, struct json_doc *doc, const char *path,
		 const struct verdict *verdict);

/*
 * report_json_invalid: the same for a spec that cannot be judged: one finding with rule "spec". doc is
 * NULL where not even the file was read.
 */
void report_json_invalid(struct json_writer *writer, const struct json_doc *doc, const char *path,
			 const struct err *err);

/* Parts of them: the member "findings", of one rule or of all (NULL); the member "references". */
void report_json_findings(struct json_writer *writer, struct json_doc *doc,
			  const struct verdict *verdict, const struct rule *rule);
void report_json_references(struct json_writer *writer, const struct rule *rule);

/*
 * report_begin_hook: a hook's first step. A reader that goes away becomes an error with an exit code
 * of ours, not a death by signal: the exit code is the verdict. Descriptors but the standard ones
 * are nobody's, and closed. Then report_open and report_syslog_open.
 */
void report_begin_hook(void);

/*
 * report_open: opens the engine's own standard error where the engine gave this process /dev/null;
 * a process that is restrained cannot.
 */
void report_open(void);

/*
 * report_from_hook: text (lines without "rootfence:") to standard error, to what report_open has
 * opened, and to syslog as authpriv. container is its id, or NULL.
 */
void report_from_hook(const char *container, const char *text);

/*
 * report_from_runtime: the same for the wrapper, and first to the runtime's --log, unless log is NULL:
 * text in one line, as one entry of the --log-format, so that engines show it to their users.
 */
void report_from_runtime(const char *log, const char *log_format, const char *container,
			 const char *text);

/* report_syslog_open: connects to the system's log, which a process that is restrained cannot. */
void report_syslog_open(void);

/* report_syslog: each line of text to syslog as authpriv, with that severity (LOG_ERR, ...). */
void report_syslog(int severity, const char *container, const char *text);

/* report_logged: findings that the policy only logs, to syslog. */
void report_logged(const char *container, const struct verdict *verdict);

#endif
