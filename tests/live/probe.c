/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Set-user-ID root in the images of the demo and the live tests: prints its ids and exits with 0,
 * also when it gained nothing. The caller judges.
 */
#include <stdio.h>
#include <string.h>

static int is_wanted(const char *line)
{
	static const char *const keys[] = { "Uid:", "CapPrm:", "CapEff:", "CapBnd:",
					    "NoNewPrivs:" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strncmp(line, keys[i], strlen(keys[i])) == 0)
			return 1;
	}
	return 0;
}

int main(void)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");

	if (status == NULL)
		return 1;
	puts("probe ran");
	while (fgets(line, sizeof(line), status) != NULL) {
		if (is_wanted(line))
			fputs(line, stdout);
	}
	fclose(status);
	return 0;
}
