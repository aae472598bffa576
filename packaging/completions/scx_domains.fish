# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_scx_domains_global_optspecs
    string join \n i/balance-interval= policy= slice= load-half-life= node-delay= remote-delay= min-flow= flow-worth= topology= classes= no-gpu= partial= stats= monitor= json metrics= help-stats record= socket= config= log-level= flight-recorder= no-balance= profile= fair-progress= no-parking= no-frequency= no-placement no-cgroup-weights= no-steal= exit-dump-len= v/verbose h/help V/version
end

function __fish_scx_domains_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_scx_domains_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_scx_domains_using_subcommand
    set -l cmd (__fish_scx_domains_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c scx_domains -n "__fish_scx_domains_needs_command" -s i -l balance-interval -d 'How often weight is let flow between domains, 10ms to 60s: the slowest that is of use to you. An idle machine is looked at once a second, and what cannot wait (a CPU that goes, a crowd that comes) is seen to at once' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l policy -d 'Who runs when' -r -f -a "fair\t'Each by its weight; who wakes up soon gets a CPU'
throughput\t'Each by its weight, in longer turns: fewer switches and warmer caches, for those who can wait'
fifo\t'In the order of arrival, a slice at a time, whatever the weights'"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l slice -d 'What a task may run before others are looked at: 1ms to 100ms. 4ms if not given, 20ms with `--policy throughput`. The kernel ends slices on its ticks' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l load-half-life -d 'In what time the load of a task that wakes up or goes to sleep changes by half: 10ms to 10s. Short follows quickly, long forgets bursts' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l node-delay -d 'How long a task waits for a CPU before an idle one of another LLC in its node takes it: up to 100ms' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l remote-delay -d 'How long it waits before an idle CPU of another node takes it, away from its memory: from the node delay up to 100ms' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l min-flow -d 'Least load worth a flow, 1024 for a task at nice 0 that always wants to run: 1 to 1048576' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l flow-worth -d 'What a flow has to be worth, for what it costs tasks to move: inside an LLC an Nth of what the smaller of its two domains should have, over longer distances more in proportion. 0: any is worth it' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l topology -d 'Use this description of the machine (see `scx_domains topology --help`). It has to describe this very machine' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l classes -d 'Take these for the core classes, whatever the machine says (see `scx_domains topology --help`)' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l no-gpu -d 'Do not ask who drives GPUs. Without this, such processes prefer the node of their GPU' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l partial -d 'Schedule only tasks of the class SCHED_EXT' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l stats -d 'Print statistics every so many seconds' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l monitor -d 'Schedule nothing: print the statistics of the scx_domains that runs already, every so many seconds' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l metrics -d 'Serve metrics for Prometheus over HTTP: 127.0.0.1:9718, [::1]:9718 or unix:/path. To this machine only; off: to nobody' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l record -d 'Write what each round saw and planned to FILE, in place of what is there, for `scx_domains replay`. It grows by about 90 bytes a domain and round: 26 MB an hour with 8 domains at 100ms' -r -F
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l socket -d 'Where `scx_domains status` and others reach this one: a socket for root and the group scx_domains' -r -F
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l config -d 'Settings are read from here too, `name = value` a line by the names of these options: /etc/scx_domains/config.toml if that is there. Variables such as SCX_DOMAINS_SLICE go before it, and options before both' -r -F
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l log-level -d 'How much is logged. `-v` goes before it' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l flight-recorder -d 'Write the rounds of the last five minutes and the kernel\'s dump into FOLDER if the kernel throws the scheduler out, for `scx_domains replay`. The last ten ejections are kept' -r -F
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l no-balance -d 'Plan no flows. Idle CPUs still take work from other domains' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l profile -d 'What is wanted of the machine: who gets the fast cores where cores differ, how fast CPUs run, whether CPUs are left asleep' -r -f -a "performance\t'All that there is, whatever it costs'
balanced\t'Fast where somebody waits for it, thrifty where nobody does'
powersave\t'The least energy for what there is to do'
auto\t'As power-profiles-daemon says; where it does not run, by power supply and energy preferences'"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l fair-progress -d 'Where cores differ, let tasks have the same progress instead of CPU time: run time on a core of half the speed counts for half, and who runs on and on takes turns on the fast ones' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l no-parking -d 'Leave no CPU asleep that somebody could run on: each wake-up takes the CPU nearest to its data' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l no-frequency -d 'Leave frequencies, and the preferences by which hardware chooses them, as they are' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l no-cgroup-weights -d 'Ignore cpu.weight of cgroups: tasks count by their nice values alone' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l no-steal -d 'Let no CPU take work from another domain. For tests: idle CPUs stay idle' -r -f -a "true\t''
false\t''"
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l exit-dump-len -d 'Bytes of the kernel\'s debug dump to keep when it throws the scheduler out' -r
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l json -d 'Print statistics as JSON, a line each time'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l help-stats -d 'Say what each statistic is, and end'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -l no-placement -d 'Take all CPUs for alike in placement. For tests: who is born on a slow CPU stays there'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -s V -l version -d 'Print version'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "topology" -d 'Show the machine and the domains that it is cut into'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "check" -d 'Can scx_domains run here? A line for each thing that it needs'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "replay" -d 'Plan a recorded run again, and show what would differ. It needs neither root nor the machine that was recorded'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "status" -d 'Does scx_domains schedule? The kernel is asked first, then the daemon; it says where they disagree. It ends with 0 if it does, 3 if not, 1 if kernel and daemon disagree, 4 if the kernel has no sched_ext'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "get" -d 'The settings of the running daemon, and where each came from'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "set" -d 'Change settings of the running daemon: all of them or, if one is wrong, none'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "balance" -d 'Begin or cease to plan flows, or plan a round at once'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "explain" -d 'Why did the last round plan what it planned?'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "task" -d 'What the scheduler knows of a task: its load, its domain, and why it is there'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "dump" -d 'All that belongs into a bug report: settings, statistics, what was planned, what the programs cost'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "reload" -d 'Let the daemon read its file with settings again, as SIGHUP does. What can change while it runs changes; of the rest it says that it takes a restart. What `set` has changed is as the file has it again'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "stop" -d 'Give scheduling back to the kernel and end the daemon'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "config" -d 'The settings that a daemon would start with now, and where each comes from. Options before `config` count'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "trace" -d 'Watch the running scheduler for a while: who runs where, how full the domains are, what flows do. The file is for https://ui.perfetto.dev. It takes root'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "record" -d 'Write down the rounds of the last minutes, as the running daemon remembers them, for `scx_domains replay`. (With `--flight-recorder` the daemon does so by itself when the kernel throws it out.)'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "top" -d 'Watch the scheduler at work: domains, the machine, flows, rounds, tasks, heat. Press ? for the keys'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "restore" -d 'Put back the energy preferences (EPP) that a scx_domains which crashed has left changed. A start does it too'
complete -c scx_domains -n "__fish_scx_domains_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand topology" -l topology -d 'The machine to show: an hwloc XML file, a folder with a recorded `sys/`, or an hwloc synthetic string such as "synthetic:node:2 l3:2 core:4 pu:2". The live machine if not given' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand topology" -l classes -d 'Take these for the core classes, whatever the machine says: CPUS=NAME:CAPACITY, 1024 for the fastest, such as "0-11=P:1024,12-19=E:620"' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand topology" -l no-gpu -d 'Do not look for GPUs'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand topology" -l explain -d 'Say who said what of core classes, what was believed and why'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand topology" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand topology" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand topology" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand check" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand check" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand replay" -l set -d 'Plan with another value for one of the planner\'s parameters: `min_amount`, which `--min-flow` sets for a run, or `worth`, which `--flow-worth` sets. May be repeated' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand replay" -l explain -d 'Say why each flow is planned, and why a domain with too much gives nothing: in all rounds, not only in those that differ from the record'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand replay" -l json -d 'Print a JSON object for each round, whether it differs or not, then one with the summary'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand replay" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand replay" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand status" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand status" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand status" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand status" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand get" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand get" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand get" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand get" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand set" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand set" -l persist -d 'Write it into the daemon\'s file with settings too, for the next start'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand set" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand set" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand set" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand balance" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand balance" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand balance" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand balance" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand explain" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand explain" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand explain" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand explain" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand task" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand task" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand task" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand task" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand dump" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand dump" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand dump" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand dump" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand reload" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand reload" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand reload" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand reload" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand stop" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand stop" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand stop" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand stop" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand config" -l json -d 'Print one JSON object'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand config" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand config" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand trace" -l seconds -d 'How long; Ctrl-C ends it earlier, and what there is is kept' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand trace" -s o -l output -d 'Where to write the trace, in place of what is there. It grows by about 70 bytes a context switch' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand trace" -l buffer-mib -d 'Memory for what the kernel has seen and is not written yet, MiB: a power of two. Where it is full, events are lost, which is told' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand trace" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand trace" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand record" -s o -l output -d 'Where to write it, in place of what is there' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand record" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand record" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand record" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -s i -l interval -d 'How often to look, 100ms to 60s' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l screen -d 'What to show first' -r -f -a "domains\t'A table of the domains'
machine\t'The machine as a picture: nodes, LLCs, domains and CPUs, with bars'
flows\t'What flows moved from where to where'
rounds\t'What rounds planned, why, and what came of it'
tasks\t'The tasks that ran most lately, by domain'
heat\t'Frequencies and temperatures'"
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l sort -d 'What to sort domains by, the largest first' -r -f -a "id\t''
util\t''
load\t''
over\t''
runnable\t''
waiting\t''
delay\t''"
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l filter -d 'Show only lines with this text' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l count -d 'End after so many looks of `--batch`' -r
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l socket -d 'The daemon\'s socket, if it is another than its file with settings says' -r -F
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l once -d 'Print the screen once, as text, and end'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l batch -d 'Print the screen as text each interval'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -l no-color -d 'No colours; NO_COLOR in the environment does the same'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand restore" -s v -l verbose -d 'Say more; twice for debugging, with libbpf\'s own log'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand restore" -s h -l help -d 'Print help'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "topology" -d 'Show the machine and the domains that it is cut into'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "check" -d 'Can scx_domains run here? A line for each thing that it needs'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "replay" -d 'Plan a recorded run again, and show what would differ. It needs neither root nor the machine that was recorded'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "status" -d 'Does scx_domains schedule? The kernel is asked first, then the daemon; it says where they disagree. It ends with 0 if it does, 3 if not, 1 if kernel and daemon disagree, 4 if the kernel has no sched_ext'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "get" -d 'The settings of the running daemon, and where each came from'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "set" -d 'Change settings of the running daemon: all of them or, if one is wrong, none'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "balance" -d 'Begin or cease to plan flows, or plan a round at once'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "explain" -d 'Why did the last round plan what it planned?'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "task" -d 'What the scheduler knows of a task: its load, its domain, and why it is there'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "dump" -d 'All that belongs into a bug report: settings, statistics, what was planned, what the programs cost'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "reload" -d 'Let the daemon read its file with settings again, as SIGHUP does. What can change while it runs changes; of the rest it says that it takes a restart. What `set` has changed is as the file has it again'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "stop" -d 'Give scheduling back to the kernel and end the daemon'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "config" -d 'The settings that a daemon would start with now, and where each comes from. Options before `config` count'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "trace" -d 'Watch the running scheduler for a while: who runs where, how full the domains are, what flows do. The file is for https://ui.perfetto.dev. It takes root'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "record" -d 'Write down the rounds of the last minutes, as the running daemon remembers them, for `scx_domains replay`. (With `--flight-recorder` the daemon does so by itself when the kernel throws it out.)'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "top" -d 'Watch the scheduler at work: domains, the machine, flows, rounds, tasks, heat. Press ? for the keys'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "restore" -d 'Put back the energy preferences (EPP) that a scx_domains which crashed has left changed. A start does it too'
complete -c scx_domains -n "__fish_scx_domains_using_subcommand help; and not __fish_seen_subcommand_from topology check replay status get set balance explain task dump reload stop config trace record top restore help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
