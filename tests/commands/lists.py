# SPDX-License-Identifier: Apache-2.0
"""Tests lists that a policy changes with add and remove, and what lint says of policies that do
nothing, or harm."""

import datetime
import json
import os
import xml.etree.ElementTree

from policies import ENGINE_KEY, EXCEPTION, diff, document, lint, rule, schema_errors, whole
from tool import ROOT, equal, output, policy, read, run, spec, write

LISTED = json.loads(output(0, "policy", "list", "--format", "json"))["rules"]
RULES = {r["name"]: {a["name"]: a for a in r["args"]} for r in LISTED}
DEFAULT_ALLOW = RULES["hostMounts"]["allow"]["default"]


def warnings(directory, policy_document):
    """What lint warns of, without file, line and column."""
    lines = lint(directory, policy_document)
    equal(lines[-1].rpartition(": ")[2], f"valid, {len(lines) - 1} warning" + "s" * (len(lines) != 2))
    return [line.partition(": warning: ")[2] for line in lines[:-1]]


def shown_args(directory, policy_document, name):
    write(directory, "p.json", json.dumps(policy_document))
    text = output(0, "policy", "show", "p.json", cwd=directory)
    write(directory, "shown.json", text)
    equal(output(0, "policy", "show", "shown.json", cwd=directory), text)
    equal(output(0, "policy", "diff", "p.json", "shown.json", cwd=directory), b"")
    equal(schema_errors(json.loads(text)), [])
    (entry,) = [r for r in json.loads(text)["rules"] if r["names"] == [name]]
    return entry.get("args", {})


def mounts(allow, **members):
    return whole(rules=[rule(names=["hostMounts"], args={"allow": allow})], **members)


def caps(*names):
    return ["CAP_" + n for n in names]


def capabilities(allow):
    return rule("RF_ACT_REWRITE", ["capabilities"], args={"allow": allow})


# add and remove

def test_changes_of_a_shipped_default_stay_changes(directory):
    change = {"add": ["/srv/a:ro"], "remove": ["/etc/localtime:ro"]}
    for order in (("add", "remove"), ("remove", "add")):
        ordered = {k: change[k] for k in order}
        equal(shown_args(directory, mounts(ordered), "hostMounts")["allow"], change)
        equal(lint(directory, mounts(ordered)), ["p.json: valid, 0 warnings"])
    one, two = (rule(names=["hostMounts"], args={"allow": {k: v}}) for k, v in change.items())
    for rules in ([one, two], [two, one]):
        equal(shown_args(directory, whole(rules=rules), "hostMounts")["allow"], change)
    back = [two, rule(names=["hostMounts"], args={"allow": {"add": ["/etc/localtime:ro"]}})]
    code, lines = diff(directory, whole(rules=[rule(names=["hostMounts"])]), whole(rules=back))
    equal((code, lines), (0, []))


def test_changes_of_an_array_are_an_array(directory):
    write(directory, "a.json", json.dumps(document(rules=[capabilities(caps("KILL", "CHOWN"))])))
    write(directory, "b.json", json.dumps(document(rules=[capabilities({"add": caps("SETUID")})])))
    write(directory, "c.json", json.dumps(document(extends=["b.json"], rules=[
        capabilities({"add": caps("SETGID"), "remove": caps("KILL")})])))
    got = shown_args(directory, document(extends=["a.json", "c.json"]), "capabilities")["allow"]
    equal(got, caps("CHOWN", "SETGID", "SETUID"))
    got = shown_args(directory, document(extends=["c.json", "a.json"]), "capabilities")["allow"]
    equal(got, caps("CHOWN", "KILL"))


def test_changes_work_for_every_list(directory):
    sample = {"capabilities": ["CAP_KILL"], "ids": [7], "ranges of ids": ["7-9"]}
    seen = 0
    for name, args in RULES.items():
        for arg in (a for a in args.values() if a["list"]):
            more = sample.get(arg["kind"], ["/opt/more"])
            got = shown_args(directory, whole(rules=[rule(names=[name], args={
                arg["name"]: {"add": more}})]), name)[arg["name"]]
            equal(got, {"add": more} if "default" in arg else more, (name, arg["name"]))
            got = shown_args(directory, whole(rules=[
                rule(names=[name], args={arg["name"]: more}),
                rule(names=[name], args={arg["name"]: {"remove": more}})]), name)[arg["name"]]
            equal(got, [], (name, arg["name"]))
            seen += 1
    assert seen >= 18, seen


def test_changes_decide(directory):
    config = json.loads(read(spec("podman-user-65532-65532")))
    config["mounts"].append({"destination": "/a", "type": "bind", "source": "/etc/letsencrypt",
                             "options": ["rbind", "ro", "nosuid", "nodev"]})
    write(directory, "c.json", json.dumps(config))
    for allow, refused in (({"add": ["/etc/letsencrypt:ro"]}, False), ({"add": ["/etc/x:ro"]}, True),
                           ({"remove": ["/etc/timezone:ro"]}, True)):
        write(directory, "p.json", json.dumps(document(rules=[
            rule(names=["hostMounts"], args={"allow": allow})])))
        code, out, _ = run("check", "--policy", "p.json", "c.json", cwd=directory)
        equal((code, b"/etc/letsencrypt" in out), (int(refused), refused), allow)


def test_added_entries_pass_whatever_the_version_says(directory):
    config = json.loads(read(spec("podman-user-65532-65532")))
    config["linux"]["sysctl"] = {"net.ipv4.tcp_rmem": "1 2 3"}
    config["process"]["selinuxLabel"] = "system_u:system_r:container_engine_t:s0"
    write(directory, "c.json", json.dumps(config))
    for change, found in (({}, 2), ({"sysctls": "net.ipv4.tcp_rmem"}, 1),
                          ({"sysctls": "net.ipv4.tcp_rmem", "selinuxLabel": "container_engine_t"}, 0)):
        rules = [rule(names=[name], args={"version": "v1.0"} | (
            {"allow": {"add": [change[name]]}} if name in change else {}))
            for name in ("sysctls", "selinuxLabel")]
        write(directory, "p.json", json.dumps(document(rules=rules)))
        _, out, _ = run("check", "--policy", "p.json", "--format", "json", "c.json", cwd=directory)
        equal(len(json.loads(out)["results"][0]["findings"]), found, change)
    code, lines = diff(directory, document(rules=[rule(names=["sysctls"], args={"version": "v1.0"})]),
                       document(rules=rules[:1]))
    equal((code, lines), (1, ['weaker: sysctls: specs newly pass: args.allow has also '
                              '"net.ipv4.tcp_rmem"']))


CHANGE_ERRORS = [
    ({}, '/rules/0/args/allow: expected "add" or "remove"'),
    ({"ad": []}, '/rules/0/args/allow/ad: unknown key; did you mean "add"?'),
    ({"add": {}}, "/rules/0/args/allow/add: expected an array, found an object"),
    ({"add": ["a"]}, '/rules/0/args/allow/add/0: expected an absolute path, found "a"'),
    ({"remove": [1]}, "/rules/0/args/allow/remove/0: expected a string, found a number"),
    ({"remove": ["/a"], "add": ["/b", "/a"]},
     '/rules/0/args/allow/add/1: "/a" is in "add" and in "remove"'),
]


def test_changes_with_errors(directory):
    for allow, want in CHANGE_ERRORS:
        lines = lint(directory, mounts(allow), 4)
        equal(len(lines), 2, lines)
        assert lines[0].endswith(": error: " + want), lines
    ranges = [str(n) for n in range(40)]
    over = document(rules=[rule(names=["userRange"], args={"uids": ranges}),
                           rule(names=["userRange"], args={"uids": {"add": [
                               str(n) for n in range(100, 130)]}})])
    assert "more than 64 ranges with those added" in lint(directory, over, 4)[0]


def test_changes_that_change_nothing(directory):
    equal(warnings(directory, mounts({"add": ["/etc/localtime:ro"]})),
          ['/rules/0/args/allow/add/0: "/etc/localtime:ro" is in the list already'])
    equal(warnings(directory, mounts({"remove": ["/etc/localtim:ro"]})),
          ['/rules/0/args/allow/remove/0: "/etc/localtim:ro" is not in the list, so nothing is '
           'removed; did you mean "/etc/localtime:ro"?'])
    equal(warnings(directory, whole(rules=[capabilities({"remove": caps("KILL")})])),
          ["/rules/0/args/allow/remove/0: CAP_KILL is not in the list, so nothing is removed"])


def test_changes_of_a_list_without_bound(directory):
    said = warnings(directory, whole(rules=[rule(names=["apparmorProfile"],
                                                 args={"allow": {"add": ["web"]}})]))
    assert len(said) == 1 and "now only these entries pass" in said[0], said
    write(directory, "a.json", json.dumps(whole(rules=[rule(names=["userRange"],
                                                            args={"uids": ["1-9"]})])))
    for uids, want in (({"remove": ["1-9"]}, "everything passes"), ([], "everything passes")):
        said = warnings(directory, document(extends=["a.json"], rules=[
            rule(names=["userRange"], args={"uids": uids, "gids": ["1-9"]})]))
        assert len(said) == 1 and want in said[0], said


# What an array loses

def test_lint_says_what_an_array_loses(directory):
    equal(warnings(directory, mounts(["/etc/letsencrypt:ro"])),
          ['/rules/0/args/allow: this array replaces the list, which loses "/etc/localtime:ro", '
           f'"/etc/timezone:ro", "/etc/ssl/certs:ro" and {len(DEFAULT_ALLOW) - 3} more: specs that '
           'need them fail; write { "add": [...] } to keep them, or { "remove": [...] } to name '
           'what goes'])
    equal(warnings(directory, mounts(DEFAULT_ALLOW)), [])
    equal(warnings(directory, mounts(DEFAULT_ALLOW + ["/srv/a"])), [])
    equal(warnings(directory, mounts([])), [])
    equal(warnings(directory, whole(rules=[capabilities(caps("KILL"))])), [])


def test_lint_says_it_for_every_list_with_a_default(directory):
    seen = 0
    for name, args in RULES.items():
        for arg in (a for a in args.values() if a["list"] and "default" in a):
            # Vocabularies and the last word of a list have warnings of their own.
            few = arg["default"][:1]
            said = warnings(directory, whole(rules=[rule(names=[name], args={arg["name"]: few})]))
            equal(len(said), 1, (name, arg["name"]))
            assert f"/args/{arg['name']}: this array replaces the list" in said[0], said
            seen += 1
    assert seen >= 10, seen


def test_lint_says_it_of_inherited_lists(directory):
    write(directory, "a.json", json.dumps(whole(rules=[
        capabilities(caps("KILL", "CHOWN")),
        rule(names=["identityMapping"], args={"ids": [5, 6]})])))
    said = warnings(directory, document(extends=["a.json"], rules=[capabilities(caps("SETUID"))]))
    assert len(said) == 1 and "loses CAP_CHOWN, CAP_KILL: specs that need them fail" in said[0], said
    said = warnings(directory, document(extends=["a.json"], rules=[
        rule(names=["identityMapping"], args={"ids": [6]})]))
    assert len(said) == 1 and "loses 5: specs newly pass" in said[0], said
    said = warnings(directory, document(extends=["a.json"], rules=[
        capabilities({"add": caps("SETUID")})]))
    equal(said, [])


def test_pss_baseline_lists_every_source_that_is_no_host_path(_):
    """A new entry of the shipped default is also one of pss-baseline, unless that removes it."""
    shown = json.loads(output(0, "policy", "show", policy("pss-baseline")))
    (entry,) = [r for r in shown["rules"] if r["names"] == ["hostMounts"]]
    change = entry["args"]["allow"]
    left = [p for p in DEFAULT_ALLOW if p not in change["remove"]] + change["add"]
    assert not [p for p in left if not p.startswith(("/var/lib/", "/usr/"))], left
    (entry,) = [r for r in json.loads(output(0, "policy", "show", policy("pss-restricted")))["rules"]
                if r["names"] == ["capabilities"]]
    equal(entry["args"]["allow"], ["CAP_NET_BIND_SERVICE"])


# Policies that do nothing, or harm: (document, what lint says of it, in part)

PING = {"paths": ["/usr/bin/ping"], "capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW"}


def exec_of(*rules, **members):
    return whole(exec={"rules": list(rules)} | members)


def excepted(action="RF_ACT_LOG", usual="RF_ACT_REJECT", key=ENGINE_KEY, value="x", **members):
    return document(defaultAction=usual, exceptions=[EXCEPTION | {
        "action": action, "match": {"annotations": {key: value}}} | members])


def listed(name, arg, entry, want=None):
    return whole(rules=[rule(names=[name], args={arg: {"add": [entry]}})]), want


SAID = [
    (document(), "/: every rule is RF_ACT_ALLOW, so every spec passes unseen"),
    (document(defaultAction="RF_ACT_ALLOW"), "every rule is RF_ACT_ALLOW"),
    (document(rules=[rule("RF_ACT_ALLOW")]), "every rule is RF_ACT_ALLOW"),
    (document(extends=["empty.json"]), "every rule is RF_ACT_ALLOW"),
    (document(rules=[rule()]), f"/: {len(RULES) - 2} rules are not checked"),
    (whole(rules=[rule("RF_ACT_ALLOW", ["sysctls"], args={"allow": {"add": ["net.ipv4.a"]}})]),
     "/rules/0/args/allow: no effect: sysctls is RF_ACT_ALLOW"),
    (whole(rules=[rule("RF_ACT_REWRITE")]), "rootUser: a rewrite needs an id"),
    (whole(rules=[rule("RF_ACT_REWRITE", args={"uid": 0})]), "rootUser: a rewrite to 0 is refused"),
    (whole(rules=[rule("RF_ACT_REWRITE", ["rootGroup"])]), "rootGroup: a rewrite needs an id"),
    (whole(rules=[rule(names=["userRange"])]), "userRange: without a range in args it checks nothing"),
    (whole(rules=[rule("RF_ACT_REWRITE", ["resourceLimits"])]), "a rewrite needs the limits"),
    (whole(rules=[rule(names=["sysctls"], args={"version": "v1.20", "allow": [
        *RULES["sysctls"]["allow"]["default"]]})]), "args.version has no effect"),
    (mounts({"add": ["/:ro"]}), '"/:ro" gives all of the host'),
    (mounts({"add": ["/"]}), '"/" gives all of the host'),
    (mounts({"add": ["/run/docker.sock:ro"]}), "gives a socket"),
    (mounts({"add": ["/var/run"]}), "gives the sockets of the host's engines"),
    (mounts({"add": ["/var/lib/docker/:ro"]}), "gives the files of all other containers"),
    (mounts({"add": ["/etc"]}), "lets the container write"),
    (mounts({"add": ["/srv/x:rw"]}), '"/srv/x:rw" never matches: ":ro" is the only option'),
    (mounts({"add": ["/srv/x:ro,z"]}), "never matches"),
    (mounts({"add": ["/srv/x:/data:ro"]}), "an entry is the source of a mount alone"),
    (mounts({"add": ["/srv/web-*"]}), "a * stands for one whole name"),
    (mounts({"add": ["/srv/*.d/x:ro"]}), "a * stands for one whole name"),
    *(listed(*row) for row in (
        ("capabilities", "allow", "CAP_SYS_ADMIN", "a way to the root of the host"),
        ("capabilities", "allow", "CAP_SYS_MODULE", "a way to the root of the host"),
        ("sysctls", "allow", "kernel.core_pattern", "a setting of the whole kernel: runtimes refuse"),
        ("sysctls", "allow", "vm.max_map_count", "set it there, in sysctl.d"),
        ("sysctls", "allow", "net.ipv4.tcp_mem", "a setting of the whole kernel"),
        ("sysctls", "allow", "kernel.*", "also names settings of the whole kernel"),
        ("unsafeAnnotations", "allow", "com.example.team", "lets such keys pass anyway"),
        ("unsafeAnnotations", "allow", "org.systemd.property.*", "programs run by systemd"),
        ("unsafeAnnotations", "allow", "org.*", "programs run by systemd"),
        ("unsafeAnnotations", "allow", "run.oci.*", "files of the host written"),
        ("deviceAccess", "allow", "a *:* rwm", "every device of the host"),
        ("deviceAccess", "allow", "b 8:0 r", "disks of the host, whole"),
        ("deviceAccess", "allow", "c 1:* rwm", "/dev/mem"),
        ("foreignHooks", "allow", "nvidia-cdi-hook", "hooks have absolute paths"),
        ("foreignHooks", "allow", "/bin/sh", "whatever the arguments of the hook say"),
        ("seccompProfile", "deny", "execve", "no container does"),
        ("seccompProfile", "deny", "futex", "no container does"))),
    (whole(rules=[rule(names=["apparmorProfile"], args={"allow": ["unconfined"]})]),
     "always refuses it"),
    (exec_of(PING | {"capabilities": ["CAP_SYS_ADMIN"]}), "CAP_SYS_ADMIN is a way to the root"),
    (exec_of(PING | {"paths": ["/tmp/ping"]}), "can often write below /tmp/"),
    (exec_of(PING | {"paths": ["/dev/shm/ping"]}), "can often write below /dev/shm/"),
    (exec_of(PING | {"paths": ["/bin/ping"]}), 'the kernel\'s path is "/usr/bin/ping"; list that too'),
    (exec_of(PING | {"paths": ["/lib64/a"]}), 'the kernel\'s path is "/usr/lib64/a"'),
    (exec_of(PING | {"paths": ["/var/run/a"]}), 'the kernel\'s path is "/run/a"'),
    (exec_of(PING | {"paths": ["/usr/bin/*"]}), "paths of exec rules have no patterns"),
    (exec_of(PING | {"paths": ["/proc/self/exe"]}), "not a file below /proc"),
    (exec_of(PING | {"paths": ["/etc/alternatives/a"]}), "it is a link"),
    (exec_of(PING | {"paths": []}), "names no program"),
    (exec_of(PING | {"capabilities": []}), "allows no capability, so the program can gain none"),
    (exec_of(PING | {"action": "RF_ACT_ERRNO"}), "an action that refuses does so whatever"),
    (exec_of({"paths": ["/usr/bin/su"], "action": "RF_ACT_ERRNO"}, defaultAction="RF_ACT_ALLOW"),
     "only this path is refused: exec.defaultAction is RF_ACT_ALLOW"),
    (exec_of(PING, guarantee="none"), 'with guarantee "none" nothing may keep other programs'),
    (exec_of(PING, guarantee="nnp"), 'with guarantee "nnp" and no guard'),
    (whole(exec={"userNamespaces": "RF_ACT_ALLOW"}, rules=[rule(names=["seccompProfile"], args={
        "deny": {"add": ["unshare"]}})]), "/exec/userNamespaces: no effect"),
    (excepted("RF_ACT_LOG", "RF_ACT_LOG"), "does nothing for rootUser, which is RF_ACT_LOG without it"),
    (excepted("RF_ACT_REJECT", "RF_ACT_LOG", key="team"), "can leave this annotation out"),
    (excepted(key="io\\.kubernetes\\.pod\\.namespace"),
     "only CRI-O writes this, so with containerd the exception does nothing; match "
     "(io\\.kubernetes\\.pod\\.namespace|io\\.kubernetes\\.cri\\.sandbox-namespace) for both"),
    (excepted(key="io[.]kubernetes[.]cri[.]sandbox-name"), "only containerd writes this"),
    (excepted(key="io\\.kubernetes\\.other"), "no engine writes this annotation"),
    (excepted(match={"annotations": {"io\\.kubernetes\\.pod\\.name": "a",
                                     "io\\.kubernetes\\.cri\\.sandbox-name": "a"}}),
     "no engine writes this annotation, or all of these on one container"),
    (excepted(key="io.kubernetes.pod.namespace"), "a dot matches any character"),
    (excepted(key="(io\\.kubernetes\\.pod\\.namespace|team)"), "can set this annotation"),
    (excepted(value="kube-*"), 'the star of "kube-*" repeats the "-" before it'),
    (excepted(value="team*"), 'repeats the "m"'),
    (excepted(value="a$b"), "the expression for the value can match nothing"),
    (excepted(key="io\\.kubernetes\\.^pod"), "the expression for the key can match nothing"),
]

QUIET = [
    whole(),
    document(extends=[os.path.join(ROOT, "policies/default.json")]),
    document(extends=[os.path.join(ROOT, "policies/default.json")], rules=[rule("RF_ACT_ALLOW")]),
    whole(rules=[rule("RF_ACT_REWRITE", args={"uid": 7})]),
    whole(rules=[rule("RF_ACT_ALLOW", ["sysctls"], args={"allow": {"add": ["net.ipv4.a"]}})],
          exceptions=[EXCEPTION | {"names": ["sysctls"], "action": "RF_ACT_REJECT",
                                   "match": {"annotations": {ENGINE_KEY: "x"}}}]),
    mounts({"add": ["/etc/letsencrypt", "/proc:ro", "/sys:ro", "/etc:ro", "/srv"]}),
    exec_of(PING | {"paths": ["/usr/bin/ping", "/bin/ping"]}),
    exec_of({"paths": ["/usr/bin/su"], "action": "RF_ACT_ERRNO"}),
    exec_of({"paths": ["/usr/bin/chage"], "action": "RF_ACT_ALLOW"}, setIds="RF_ACT_ERRNO"),
    excepted(),
    *(excepted(value=value) for value in ("kube-.*", "kube\\*", "[a-z]*", "(ab)*", "a.*", ".*")),
    *(listed(*row)[0] for row in (
        ("capabilities", "allow", "CAP_NET_ADMIN"), ("capabilities", "allowMapped", "CAP_SYS_ADMIN"),
        ("sysctls", "allow", "net.core.somaxconn"), ("sysctls", "allow", "net.*"),
        ("sysctls", "allow", "fs.mqueue.*"), ("unsafeAnnotations", "allow", "run.oci.keep_original_groups"),
        ("unsafeAnnotations", "allow", "org.systemd.property.TasksMax"),
        ("unsafeAnnotations", "allow", "org.systemd.property.Timeout*"),
        ("unsafeAnnotations", "allow", "krun.*"), ("deviceAccess", "allow", "c 10:229 rwm"),
        ("deviceAccess", "allow", "c 195:* rw"), ("foreignHooks", "allow", "/usr/bin/nvidia-cdi-hook"),
        ("foreignHooks", "allow", "/bin/sh /etc/hook"), ("foreignHooks", "allow", "/opt/hooks/*"),
        ("seccompProfile", "deny", "mount"))),
    whole(rules=[rule(names=["apparmorProfile"], args={"allow": ["docker-default"]})]),
    mounts({"add": ["/srv/*", "/srv/*/data:ro", "/sys/bus/pci/devices/0000:00:02.0:ro"]}),
    excepted("RF_ACT_REJECT", "RF_ACT_LOG"),
    *(excepted(key=key) for key in (
        "^(io\\.kubernetes\\.pod\\.namespace|io\\.kubernetes\\.cri\\.sandbox-namespace)$",
        "^io\\.kubernetes\\.pod\\.namespace$|^io\\.kubernetes\\.cri\\.sandbox-namespace$",
        "io[.]kubernetes[.](pod[.]name(space)?|cri[.]sandbox-name(space)?)",
        "io\\.kubernetes\\.(cri|pod)\\..*", "(((io)))\\.kubernetes\\..+")),
]


def test_lint_warns_of_what_does_nothing_or_harm(directory):
    write(directory, "empty.json", json.dumps(document()))
    for policy_document, want in SAID:
        equal(schema_errors(policy_document), [])
        said = warnings(directory, policy_document)
        equal(len(said), 1, f"{want}: {said}")
        assert want in said[0], f"{said} lacks {want}"


def test_lint_is_quiet_where_it_is_meant(directory):
    for policy_document in QUIET:
        equal(warnings(directory, policy_document), [], policy_document)


def test_lint_of_exceptions_that_expire_soon(directory):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    for days, want in ((-1, "expired on "), (0, "expires today"), (1, "expires in 1 day;"),
                       (14, "expires in 14 days;"), (15, None)):
        said = warnings(directory, excepted(expires=str(today + datetime.timedelta(days=days))))
        assert len(said) == bool(want) and (not want or want in said[0]), (days, said)


def test_lint_of_exceptions_that_occur_twice(directory):
    one = excepted()["exceptions"][0]
    equal(warnings(directory, whole(exceptions=[one, one | {"reason": "other"}])),
          ["/exceptions/1: the same exception as on line 1; keep one"])
    said = warnings(directory, whole(exceptions=[one, one | {"action": "RF_ACT_ALLOW"}]))
    equal(said, ["/exceptions/1: for the same containers as the exception on line 1; this one wins"])


def test_lint_of_policies_that_take_back_each_other(directory):
    write(directory, "base.json", json.dumps(whole(rules=[rule("RF_ACT_LOG")])))
    write(directory, "a.json", json.dumps(document(extends=["base.json"], rules=[rule()])))
    write(directory, "b.json", json.dumps(document(extends=["base.json"])))
    for parents, warned in ((["a.json", "b.json"], True), (["a.json", "base.json"], True),
                            (["b.json", "a.json"], False), (["a.json", "a.json"], False)):
        said = warnings(directory, document(extends=parents))
        equal(len(said), int(warned), (parents, said))
        if warned:
            assert "takes back what was changed since in rootUser" in said[0], said


# The trace of an exception

def traced(directory, action):
    write(directory, "p.json", json.dumps(whole(
        rules=[rule("RF_ACT_ALLOW", [n for n in RULES if n not in ("spec", "rootUser")])],
        exceptions=[EXCEPTION | {"action": action, "reason": "old \u001b job", "expires": "2099-01-01",
                                 "match": {"annotations": {"job": "backup"}}}])))
    config = json.loads(read(spec("podman-plain")))
    config["annotations"] = {"job": "backup"}
    write(directory, "c.json", json.dumps(config))
    return lambda command, form: output(0, command, "--policy", "p.json", "--format", form, "c.json",
                                        cwd=directory).decode()


def test_exceptions_leave_a_trace(directory):
    for action, how in (("RF_ACT_ALLOW", "let through"), ("RF_ACT_LOG", "logged")):
        told = traced(directory, action)
        assert f"({how}; exception: old \\u001b job)\n" in told("check", "text"), told("check", "text")
        (result,) = json.loads(told("check", "json"))["results"]
        equal(result["verdict"], "allow" if action == "RF_ACT_ALLOW" else "log")
        (entry,) = result["exceptions"]
        message = entry.pop("message")
        equal(entry, {"rule": "rootUser", "action": action, "pointer": "/process/user/uid",
                      "reason": "old \u001b job", "expires": "2099-01-01"})
        equal(len(result["findings"]), int(action == "RF_ACT_LOG"))
        (found,) = json.loads(told("check", "sarif"))["runs"][0]["results"]
        equal((found["ruleId"], found["level"], found["suppressions"]),
              ("rootUser", "note", [{"kind": "external", "justification": "old \u001b job"}]))
        junit = xml.etree.ElementTree.fromstring(told("check", "junit"))
        assert message in junit.find(".//system-out").text
        assert message in told("explain", "text")


def test_exceptions_that_let_nothing_through_leave_none(directory):
    told = traced(directory, "RF_ACT_ALLOW")
    config = json.loads(read(os.path.join(directory, "c.json")))
    config["process"]["user"] = {"uid": 7, "gid": 7}
    write(directory, "c.json", json.dumps(config))
    assert "exceptions" not in json.loads(told("check", "json"))["results"][0]
    equal(told("check", "text"), "c.json: allowed by policy 'x'\n")


def test_references_of_an_exception_mean_its_own_groups(directory):
    config = json.loads(read(spec("podman-plain")))
    for value, pattern, applies in (("abab", "(ab)\\1", True), ("abba", "(a)(b)\\2\\1", True),
                                    ("abab", "(a)(b)\\2\\1", False), ("a\\1", "a[\\]1", True),
                                    ("]1", "[]]1", True)):
        write(directory, "p.json", json.dumps(document(rules=[rule()], exceptions=[
            EXCEPTION | {"match": {"annotations": {"k": pattern}}}])))
        config["annotations"] = {"k": value}
        write(directory, "c.json", json.dumps(config))
        code = run("check", "--policy", "p.json", "c.json", cwd=directory)[0]
        equal(code, 0 if applies else 1, (value, pattern))
        shown = json.loads(output(0, "policy", "show", "p.json", cwd=directory))
        equal(shown["exceptions"][0]["match"]["annotations"], {"k": pattern})
    write(directory, "p.json", json.dumps(document(exceptions=[
        EXCEPTION | {"match": {"annotations": {"k": "(a)(a)(a)(a)(a)(a)(a)(a)(a)\\9"}}}])))
    assert b"\\9 is not supported" in run("policy", "show", "p.json", cwd=directory)[2]


# diff

def test_diff_of_calls_of_hooks(directory):
    def hooks(*allow):
        return whole(rules=[rule(names=["foreignHooks"], args={"allow": list(allow)})])
    for before, after, code, words in (
            (["/a"], ["/a b"], 0, ["stricter"]), (["/a b"], ["/a"], 1, ["weaker"]),
            (["/a b"], ["/a c"], 1, ["weaker", "stricter"]), (["/*"], ["/a b"], 0, ["stricter"]),
            (["/a"], ["/ab c"], 1, ["weaker", "stricter"])):
        got, lines = diff(directory, hooks(*before), hooks(*after))
        equal((got, [line.partition(":")[0] for line in lines]), (code, words), (before, after))


def test_diff_of_exec_rules_that_refuse(directory):
    refuse = {"paths": ["/usr/bin/su"], "action": "RF_ACT_ERRNO"}
    for before, after in (([refuse], [refuse | {"action": "RF_ACT_KILL_PROCESS"}]),
                          ([], [refuse | {"action": "RF_ACT_KILL_PROCESS"}])):
        code, lines = diff(directory, exec_of(*before), exec_of(*after))
        equal((code, lines), (0, ['other: exec: "/usr/bin/su": RF_ACT_KILL_PROCESS, was RF_ACT_ERRNO']))
        code, lines = diff(directory, exec_of(*after), exec_of(*before))
        equal((code, lines), (0, ['other: exec: "/usr/bin/su": RF_ACT_ERRNO, was RF_ACT_KILL_PROCESS']))
