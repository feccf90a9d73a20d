/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The execve matrix: every kind of starting credentials times every kind of file. It observes what
 * the kernel does, from execve's result and /proc/self/status before and after; it uses no code of
 * the guard's decision.
 */
#ifndef ROOTFENCE_TESTS_VM_MATRIX_H
#define ROOTFENCE_TESTS_VM_MATRIX_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define USER 1000	      /* an ordinary user */
#define OTHER 2000	      /* owner of set-id files that root does not own */
#define NAMESPACE_ROOT 100000 /* uid 0 of the user namespace, globally */

#define CAP_BIT_NET_RAW (1ull << 13)
#define CAP_BIT_CHOWN 1ull

/* As in /proc/self/status of the process, in its own user namespace. */
struct creds {
	uint32_t uid, euid, suid, gid, egid;
	uint64_t inheritable, permitted, effective, bounding, ambient;
};

struct start {
	const char *name;
	uint32_t uid, euid, suid;
	uint64_t permitted, effective, inheritable, ambient, bounding;
	unsigned int flags; /* START_* */
};

#define START_NNP 1u
#define START_NOROOT 2u
#define START_USERNS 4u
#define START_PTRACED 8u
#define START_SHARED_FS 16u

struct file {
	const char *name;
	uint32_t owner, group;
	unsigned int mode;
	unsigned int flags;		 /* FILE_* */
	uint64_t permitted, inheritable; /* file capabilities; none when both are 0 */
};

#define FILE_CAPS_EFFECTIVE 1u
#define FILE_CAPS_V3 2u /* with the root of the user namespace as rootid */
#define FILE_SCRIPT 4u	/* the script itself is plain: its interpreter has the mode and more */
#define FILE_SCRIPT_SET_ID 8u /* the script has the mode, its interpreter is plain */
#define FILE_BY_FD 16u	      /* execveat with an empty path */
#define FILE_DELETED 32u      /* the same, with a deleted file */
#define FILE_MEMFD 64u
#define FILE_NOSUID 128u	     /* on a mount with nosuid */
#define FILE_BINFMT 256u	     /* of a format whose binfmt_misc interpreter is the payload */
#define FILE_BINFMT_CREDENTIALS 512u /* the same, with flag C */

extern const struct start starts[];
extern const unsigned int n_starts;
extern const struct file files[];
extern const unsigned int n_files;

/*
 * files_make: makes the files below dir, which has a directory "nosuid" and an executable "payload"
 * (this program). Returns 0, or -1 with errno.
 */
int files_make(const char *dir);

/* Returns the descriptor to execve for a file without a path, -1 for others. */
int file_open(const char *dir, unsigned int index);

void file_path(const char *dir, unsigned int index, char *path, size_t size);

/* Takes on the credentials. For a new user namespace the caller must have written the maps. */
int start_take(const struct start *start);

int creds_read_self(struct creds *creds);

/*
 * matrix_compare: prints what is wrong with the guarded run, and the number of attempts. stopped is
 * the result of an execve that the guard stops: "errno:1" or "signal:9". Returns 0 if all is right.
 */
int matrix_compare(FILE *plain_file, FILE *guarded_file, int ceiling, const char *stopped);
int matrix_table(FILE *plain_file);

#endif
