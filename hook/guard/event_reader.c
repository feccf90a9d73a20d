/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads events: first those that are kept, oldest first, then as they come. A signal, a timeout or
 * the caller ends it.
 */
#include "guard/guard.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "guard/pins.h"
#include "guard/readers.h"

#define CHECK_MS 1000 /* how often to check that the guard is still the one being read */

struct watch {
	const struct guard_watcher *watcher;
	struct reader reader;
	uint64_t lost; /* of which the watcher was told */
	struct err *err;
	struct abi_event *kept; /* what `recent` had when the ring buffer was new */
	size_t n_kept;
	size_t seen;
	int stop; /* what on_event or guard_event_read() returned */
};

/* One thread has one event in an instant. */
static bool was_kept(const struct watch *watch, const struct abi_event *event)
{
	for (size_t i = 0; i < watch->n_kept; i++)
		if (watch->kept[i].time == event->time && watch->kept[i].pid == event->pid)
			return true;
	return false;
}

static int sample(void *context, void *data, size_t size)
{
	struct watch *watch = context;
	struct abi_event event;

	watch->seen++;
	watch->stop = guard_event_read(data, size, &event, watch->err);
	if (watch->stop == 0 && !was_kept(watch, &event))
		watch->stop = watch->watcher->on_event(&event, watch->watcher->data);
	/* libbpf goes on after a positive result and stops at any negative one. */
	return watch->stop == 0 ? 0 : -ECANCELED;
}

static int map_id(int fd, uint32_t *ret_id)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int ret = bpf_obj_get_info_by_fd(fd, &info, &size);

	if (ret == 0)
		*ret_id = info.id;
	return ret;
}

static int still_pinned(const char *dir, uint32_t id, const struct reader *reader, struct err *err)
{
	auto_close int fd = -1;
	uint32_t pinned = 0;
	struct err ignored;

	if (pins_open_map(dir, pins_map_name(PIN_READERS), &fd, &ignored) == 0 &&
	    map_id(fd, &pinned) == 0 && pinned == id && reader_is_there(reader, fd))
		return 0;
	if (pinned == id)
		return err_set(
			err, ESTALE, EXIT_GUARD,
			"the map readers was emptied, so that no more events arrive: start 'rootfence watch' again");
	return err_set(err, ENODEV, EXIT_GUARD, "the kernel guard has been unloaded");
}

static int wait_ready(int signal_fd, int ring_fd, int timeout_ms, bool *ret_signal, struct err *err)
{
	struct pollfd fds[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = ring_fd, .events = POLLIN },
	};

	if (poll(fds, ARRAY_SIZE(fds), timeout_ms) < 0 && errno != EINTR)
		return err_set_system(err, errno, "cannot wait for events");
	*ret_signal = (fds[0].revents & POLLIN) != 0;
	return 0;
}

static int lost_tell(struct watch *watch)
{
	uint64_t lost = reader_lost(&watch->reader);
	uint64_t more = lost - watch->lost;

	watch->lost = lost;
	return more > 0 && watch->watcher->on_lost != NULL
		       ? watch->watcher->on_lost(more, watch->watcher->data)
		       : 0;
}

static int watch_loop(const char *dir, struct ring_buffer *ring, uint32_t id, int signal_fd,
		      struct watch *watch, int timeout_ms)
{
	int idle_ms = 0;

	for (;;) {
		int wait_ms = CHECK_MS;
		bool signalled = false;
		int ret;

		watch->seen = 0;
		ret = ring_buffer__consume(ring);
		if (watch->stop != 0)
			return watch->stop;
		if (ret < 0)
			return err_set_system(watch->err, -ret, "cannot read events");
		if (watch->seen > 0)
			idle_ms = 0;
		ret = lost_tell(watch);
		if (ret != 0)
			return ret;
		if (timeout_ms >= 0 && idle_ms >= timeout_ms)
			return 0;
		if (timeout_ms >= 0 && timeout_ms - idle_ms < wait_ms)
			wait_ms = timeout_ms - idle_ms;
		ret = still_pinned(dir, id, &watch->reader, watch->err);
		if (ret == 0)
			ret = wait_ready(signal_fd, ring_buffer__epoll_fd(ring), wait_ms,
					 &signalled, watch->err);
		if (ret < 0)
			return ret;
		if (signalled)
			return 0;
		idle_ms += wait_ms;
	}
}

static int by_time(const void *a, const void *b)
{
	uint64_t first = ((const struct abi_event *)a)->time;
	uint64_t second = ((const struct abi_event *)b)->time;

	return first < second ? -1 : first > second;
}

/* Calls on_event for what is kept. What comes meanwhile is in the ring buffer as well. */
static int kept_read(const char *dir, struct watch *watch)
{
	auto_close int fd = -1;
	int ret = pins_open_map(dir, pins_map_name(PIN_RECENT), &fd, watch->err);

	if (ret < 0)
		return ret;
	watch->kept = calloc(ABI_RECENT, sizeof(*watch->kept));
	if (watch->kept == NULL)
		return err_set_system(watch->err, ENOMEM, "cannot read the events that are kept");
	for (__u32 number = 0; number < ABI_RECENT; number++) {
		struct abi_event raw;

		if (bpf_map_lookup_elem(fd, &number, &raw) < 0)
			continue;
		ret = guard_event_read(&raw, sizeof(raw), &watch->kept[watch->n_kept], watch->err);
		if (ret < 0)
			return ret;
		watch->n_kept++;
	}
	qsort(watch->kept, watch->n_kept, sizeof(*watch->kept), by_time);
	for (size_t i = 0; watch->stop == 0 && i < watch->n_kept; i++)
		watch->stop = watch->watcher->on_event(&watch->kept[i], watch->watcher->data);
	return watch->stop;
}

static int watch_signals(const char *dir, struct ring_buffer *ring, uint32_t id,
			 struct watch *watch, int timeout_ms)
{
	auto_close int signal_fd = -1;
	struct signalfd_siginfo taken;
	sigset_t stop, before;
	int ret;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, &before);
	signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0) {
		ret = err_set_system(watch->err, errno, "cannot watch for signals");
	} else {
		ret = kept_read(dir, watch);
		if (ret == 0)
			ret = watch_loop(dir, ring, id, signal_fd, watch, timeout_ms);
		while (read(signal_fd, &taken, sizeof(taken)) > 0)
			; /* the signal has ended the watch: do not deliver it as well */
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static int watch_ring(const char *dir, struct watch *watch, int timeout_ms)
{
	auto_close int fd = -1;
	struct ring_buffer *ring;
	uint32_t id = 0;
	int ret;

	ret = pins_open_map(dir, pins_map_name(PIN_READERS), &fd, watch->err);
	if (ret < 0)
		return ret;
	ret = map_id(fd, &id);
	if (ret < 0)
		return err_set_system(watch->err, -ret, "cannot ask for the guard's events");
	ring = ring_buffer__new(watch->reader.ring, sample, watch, NULL);
	if (ring == NULL)
		return err_set_system(watch->err, errno, "cannot map the guard's events");
	ret = watch_signals(dir, ring, id, watch, timeout_ms);
	ring_buffer__free(ring);
	free(watch->kept);
	return ret;
}

int guard_watch(const char *dir, const struct guard_watcher *watcher, int timeout_ms,
		struct err *err)
{
	struct watch watch = { .watcher = watcher, .err = err };
	struct abi_meta meta;
	int ret;

	ret = pins_read_meta(dir, &meta, NULL, err);
	if (ret == 0)
		ret = reader_open(dir, &watch.reader, err);
	if (ret < 0)
		return ret;
	ret = watch_ring(dir, &watch, timeout_ms);
	reader_close(dir, &watch.reader);
	return ret;
}
