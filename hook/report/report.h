/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts as text and as JSON, and the ways by which a refusal reaches people. */
#ifndef ROOTFENCE_REPORT_REPORT_H
#define ROOTFENCE_REPORT_REPORT_H

#include "json/writer.h"
#include "policy/policy.h"

/*
 * report_refusal: "refused by policy 'NAME': N findings", then a line for each refusal: the rule,
 * what was seen and is required, and how to fix it; only the first 32. The first line makes sense
 * alone.
 */
char *report_refusal(struct arena *arena, const struct verdict *verdict);

/* report_verdict: the verdict in one line, then all findings, refusals first. */
char *report_verdict(struct arena *arena, const struct verdict *verdict);

/* report_refuses: does the finding refuse? A rewrite that cannot be carried out does. */
bool report_refuses(const struct finding *finding);

/* report_json: one element of "results": path, verdict and findings. */
void report_json(struct json_writer *writer, struct json_doc *doc, const char *path,
		 const struct verdict *verdict);

/*
 * report_json_invalid: the same for a spec that cannot be judged: one finding of the rule "spec".
 * doc is NULL if not even the file was read.
 */
void report_json_invalid(struct json_writer *writer, const struct json_doc *doc, const char *path,
			 const struct err *err);

/* Parts of them: the member "findings", of one rule or of all (NULL), and "references". */
void report_json_findings(struct json_writer *writer, struct json_doc *doc,
			  const struct verdict *verdict, const struct rule *rule);
void report_json_references(struct json_writer *writer, const struct rule *rule);

/*
 * report_begin_hook: the first step of a hook. Ignores SIGPIPE: if a reader goes away, the hook
 * ends with one of our exit codes and not by a signal, because the exit code is the verdict. Closes
 * all descriptors except the standard ones: nobody uses them. Then calls report_open() and
 * report_syslog_open().
 */
void report_begin_hook(void);

/*
 * report_open: opens the engine's own standard error if the engine gave this process /dev/null. A
 * restrained process cannot do this.
 */
void report_open(void);

/*
 * report_from_hook: writes text (lines without "rootfence:") to standard error, to what
 * report_open() opened, and to syslog as authpriv. container is its id, or NULL.
 */
void report_from_hook(const char *container, const char *text);

/*
 * report_from_runtime: the same for the wrapper, but first to the runtime's --log, unless log is
 * NULL: text in one line, as one entry of the --log-format, so that engines show it to their users.
 */
void report_from_runtime(const char *log, const char *log_format, const char *container,
			 const char *text);

/* report_syslog_open: connects to the system's log, which a restrained process cannot do. */
void report_syslog_open(void);

/* report_syslog: writes each line to syslog as authpriv, with that severity (LOG_ERR, ...). */
void report_syslog(int severity, const char *container, const char *text);

/*
 * report_logged: writes to syslog the findings that the policy only logs, and what its exceptions
 * let through.
 */
void report_logged(const char *container, const struct verdict *verdict);

/*
 * report_rewritten: writes to syslog, in one line, what a rewrite took from the container or added
 * to it, and by which rules; nothing if there was none. For the front end that has put the
 * rewritten config in place.
 */
void report_rewritten(struct arena *arena, const char *container, const struct oci_config *config,
		      const struct verdict *verdict);

/*
 * report_rewritten_session: the same for a session in a container, but only what somebody asked
 * for. Engines give each session what they gave the container, and that line says what became of
 * it. A health check would fill the log.
 */
void report_rewritten_session(struct arena *arena, const char *container,
			      const struct verdict *verdict);

/*
 * report_changes: "rewritten by policy 'NAME': RULE: CHANGE, CHANGE; RULE: ...", what somebody asked
 * for first; NULL if nothing was rewritten. Bounded in length.
 */
char *report_changes(struct arena *arena, const struct verdict *verdict, bool only_asked);

#endif
