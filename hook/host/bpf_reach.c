/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates a seccomp filter with what is known: the architecture and the number of the call, not
 * its arguments. Classic BPF jumps only forward, so one pass in order sees every way to an
 * instruction before the instruction itself. The accumulator there holds one number, or is unknown
 * if ways with different numbers meet.
 */
#include "bpf_reach.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* The accumulator before an instruction, and whether any way leads to the instruction. */
struct state {
	bool reached;
	bool known;
	uint32_t value;
};

struct walk {
	const struct sock_filter *filter;
	struct state *states; /* one per instruction */
	size_t n;
	uint32_t arch, number;
	bool reaches;
};

static int go(struct walk *walk, size_t to, const struct state *from)
{
	struct state *state;

	if (to >= walk->n)
		return -EINVAL;
	state = &walk->states[to];
	if (!state->reached)
		*state = (struct state){ true, from->known, from->value };
	else if (state->known && !(from->known && from->value == state->value))
		state->known = false;
	return 0;
}

/* Returns the word at an offset into struct seccomp_data. */
static struct state load(const struct walk *walk, uint32_t offset)
{
	if (offset == offsetof(struct seccomp_data, nr))
		return (struct state){ true, true, walk->number };
	if (offset == offsetof(struct seccomp_data, arch))
		return (struct state){ true, true, walk->arch };
	return (struct state){ .reached = true };
}

static bool compare(const struct sock_filter *instruction, uint32_t value)
{
	switch (BPF_OP(instruction->code)) {
	case BPF_JEQ:
		return value == instruction->k;
	case BPF_JGT:
		return value > instruction->k;
	case BPF_JGE:
		return value >= instruction->k;
	default:
		return (value & instruction->k) != 0;
	}
}

static int jump(struct walk *walk, size_t at, const struct state *state)
{
	const struct sock_filter *instruction = &walk->filter[at];
	int error = 0;

	if (BPF_OP(instruction->code) == BPF_JA)
		return instruction->k < walk->n ? go(walk, at + 1 + instruction->k, state)
						: -EINVAL;
	if (!state->known || compare(instruction, state->value))
		error = go(walk, at + 1 + instruction->jt, state);
	if (error == 0 && (!state->known || !compare(instruction, state->value)))
		error = go(walk, at + 1 + instruction->jf, state);
	return error;
}

static bool carries_out(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return true;
	default:
		return false;
	}
}

static int step(struct walk *walk, size_t at)
{
	const struct sock_filter *instruction = &walk->filter[at];
	struct state state = walk->states[at];

	switch (instruction->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		state = load(walk, instruction->k);
		return go(walk, at + 1, &state);
	case BPF_ALU | BPF_AND | BPF_K:
		state.value &= instruction->k;
		return go(walk, at + 1, &state);
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
		return jump(walk, at, &state);
	case BPF_RET | BPF_K:
		walk->reaches = walk->reaches || carries_out(instruction->k);
		return 0;
	default:
		return -EINVAL;
	}
}

int bpf_reach(const struct sock_filter *filter, size_t n, uint32_t arch, uint32_t number,
	      bool *ret_reaches)
{
	struct walk walk = { .filter = filter, .n = n, .arch = arch, .number = number };
	auto_free struct state *states = NULL;
	int error = 0;

	if (n == 0 || n > BPF_REACH_MAX)
		return -EINVAL;
	states = mem_realloc(NULL, n * sizeof(*states));
	for (size_t i = 0; i < n; i++)
		states[i] = (struct state){ .reached = i == 0, .known = i == 0 };
	walk.states = states;
	for (size_t i = 0; i < n && error == 0; i++)
		if (states[i].reached)
			error = step(&walk, i);
	if (error == 0)
		*ret_reaches = walk.reaches;
	return error;
}
