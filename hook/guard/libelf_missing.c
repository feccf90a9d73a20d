/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two functions that libelf.a of elfutils 0.192, which Debian 13 has, calls but does not contain:
 * https://sourceware.org/bugzilla/show_bug.cgi?id=32293. They set up and clear a cache that only
 * elf_getdata_rawchunk() fills. libbpf does not call that, so there is nothing to do.
 */

void eu_search_tree_init(void *tree, int (*compare)(const void *, const void *));
void eu_search_tree_fini(void *tree, void (*free_node)(void *));

__attribute__((weak)) void eu_search_tree_init(void *tree,
					       int (*compare)(const void *, const void *))
{
}

__attribute__((weak)) void eu_search_tree_fini(void *tree, void (*free_node)(void *))
{
}
