/* SPDX-License-Identifier: Apache-2.0 */
/* Reads events as they come. There is one reader; a signal, a timeout or the caller ends it. */
#include "guard/guard.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "guard/lock.h"
#include "guard/pins.h"

#define CHECK_MS 1000 /* how often to check that the guard is still the one being read */

struct watch {
	int (*on_event)(const struct abi_event *event, void *data);
	void *data;
	struct err *err;
	size_t seen;
	int stop; /* what on_event or guard_event_read() returned */
};

static int sample(void *context, void *data, size_t size)
{
	struct watch *watch = context;
	struct abi_event event;

	watch->seen++;
	watch->stop = guard_event_read(data, size, &event, watch->err);
	if (watch->stop == 0)
		watch->stop = watch->on_event(&event, watch->data);
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

static int still_pinned(const char *dir, uint32_t id, struct err *err)
{
	auto_close int fd = -1;
	uint32_t pinned = 0;
	struct err ignored;

	if (pins_open_map(dir, "events", &fd, &ignored) == 0 && map_id(fd, &pinned) == 0 &&
	    pinned == id)
		return 0;
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
		if (timeout_ms >= 0 && idle_ms >= timeout_ms)
			return 0;
		if (timeout_ms >= 0 && timeout_ms - idle_ms < wait_ms)
			wait_ms = timeout_ms - idle_ms;
		ret = still_pinned(dir, id, watch->err);
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

static int watch_ring(const char *dir, int fd, struct watch *watch, int timeout_ms)
{
	auto_close int signal_fd = -1;
	struct ring_buffer *ring;
	sigset_t stop, before;
	uint32_t id = 0;
	int ret;

	ret = map_id(fd, &id);
	if (ret < 0)
		return err_set_system(watch->err, -ret, "cannot ask for the guard's events");
	ring = ring_buffer__new(fd, sample, watch, NULL);
	if (ring == NULL)
		return err_set_system(watch->err, errno, "cannot map the guard's events");
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, &before);
	signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0) {
		ret = err_set_system(watch->err, errno, "cannot watch for signals");
	} else {
		struct signalfd_siginfo taken;

		ret = watch_loop(dir, ring, id, signal_fd, watch, timeout_ms);
		while (read(signal_fd, &taken, sizeof(taken)) > 0)
			; /* the signal has ended the watch: do not deliver it as well */
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	ring_buffer__free(ring);
	return ret;
}

int guard_watch(const char *dir, int (*on_event)(const struct abi_event *event, void *data),
		void *data, int timeout_ms, struct err *err)
{
	struct watch watch = { .on_event = on_event, .data = data, .err = err };
	auto_close int lock = -1;
	auto_close int fd = -1;
	struct abi_meta meta;
	int ret;

	ret = pins_read_meta(dir, &meta, NULL, err);
	if (ret == 0)
		ret = pins_open_map(dir, "events", &fd, err);
	if (ret < 0)
		return ret;
	ret = lock_take(dir, "watch", LOCK_TRY, &lock, err);
	if (ret == -EWOULDBLOCK)
		return err_set(
			err, EBUSY, EXIT_GUARD,
			"another rootfence process reads the events already: an event can be read once");
	if (ret < 0)
		return ret;
	return watch_ring(dir, fd, &watch, timeout_ms);
}
