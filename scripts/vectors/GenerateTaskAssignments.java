// Prints what Kafka's assignor of streams groups makes of random groups, a JSON line each: the
// oracle of test/unit/broker/coordinator/group/assignors. Run by scripts/gen-assignments.ts.

import java.util.*;
import java.util.stream.*;
import org.apache.kafka.coordinator.group.streams.assignor.*;

public final class GenerateTaskAssignments {
    private static final Random random = new Random(20261122);

    private record Member(String processId, Map<String, Set<Integer>> active, Map<String, Set<Integer>> standby) {}

    private record Subtopology(int tasks, boolean stateful) {}

    public static void main(String[] args) {
        for (int index = 0; index < 200; index++) group(index);
    }

    private static String id() {
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private static void group(int index) {
        Map<String, Subtopology> topology = new TreeMap<>();
        int subtopologies = 1 + random.nextInt(4);
        for (int i = 0; i < subtopologies; i++) {
            topology.put("subtopology-" + i, new Subtopology(1 + random.nextInt(9), random.nextBoolean()));
        }
        int standbys = index % 3;
        List<String> processes = new ArrayList<>();
        Map<String, Member> members = new LinkedHashMap<>();
        int memberCount = 1 + random.nextInt(8);
        for (int i = 0; i < memberCount; i++) join(members, processes);
        for (int round = 0; round < 5; round++) {
            Map<String, Member> after = assign(topology, standbys, members);
            print(topology, standbys, members, after);
            members = after;
            int what = random.nextInt(4);
            if (what == 0 && members.size() > 1) {
                List<String> ids = new ArrayList<>(members.keySet());
                members.remove(ids.get(random.nextInt(ids.size())));
            } else if (what == 1) {
                standbys = random.nextInt(3);
            } else {
                join(members, processes);
            }
        }
    }

    private static void join(Map<String, Member> members, List<String> processes) {
        if (processes.isEmpty() || random.nextInt(3) > 0) processes.add(id());
        String process = processes.get(random.nextInt(processes.size()));
        members.put(id(), new Member(process, Map.of(), Map.of()));
    }

    private static Map<String, Member> assign(
        Map<String, Subtopology> topology, int standbys, Map<String, Member> members
    ) {
        Map<String, AssignmentMemberSpec> specs = new HashMap<>();
        members.forEach((id, member) -> specs.put(id, new AssignmentMemberSpec(
            Optional.empty(), Optional.empty(), member.active(), member.standby(), Map.of(),
            member.processId(), Map.of(), Map.of(), Map.of())));
        TopologyDescriber describer = new TopologyDescriber() {
            @Override public List<String> subtopologies() { return List.copyOf(topology.keySet()); }
            @Override public int maxNumInputPartitions(String id) { return topology.get(id).tasks(); }
            @Override public boolean isStateful(String id) { return topology.get(id).stateful(); }
        };
        GroupSpec spec = new GroupSpecImpl(specs, Map.of("num.standby.replicas", String.valueOf(standbys)));
        GroupAssignment made = new StickyTaskAssignor().assign(spec, describer);
        Map<String, Member> after = new LinkedHashMap<>();
        members.forEach((id, member) -> {
            MemberAssignment of = made.members().get(id);
            after.put(id, new Member(member.processId(), of.activeTasks(), of.standbyTasks()));
        });
        return after;
    }

    private static void print(
        Map<String, Subtopology> topology, int standbys, Map<String, Member> before, Map<String, Member> after
    ) {
        String subtopologies = topology.entrySet().stream().map(entry -> "{\"id\":\"" + entry.getKey()
            + "\",\"tasks\":" + entry.getValue().tasks() + ",\"stateful\":" + entry.getValue().stateful() + "}")
            .collect(Collectors.joining(","));
        String members = before.entrySet().stream().map(entry -> "{\"id\":\"" + entry.getKey()
            + "\",\"process\":\"" + entry.getValue().processId()
            + "\",\"before\":" + tasks(entry.getValue()) + ",\"after\":" + tasks(after.get(entry.getKey())) + "}")
            .collect(Collectors.joining(","));
        System.out.println("{\"standbys\":" + standbys + ",\"topology\":[" + subtopologies
            + "],\"members\":[" + members + "]}");
    }

    private static String tasks(Member member) {
        return "{\"active\":" + tasks(member.active()) + ",\"standby\":" + tasks(member.standby()) + "}";
    }

    private static String tasks(Map<String, Set<Integer>> of) {
        return of.entrySet().stream().filter(e -> !e.getValue().isEmpty()).sorted(Map.Entry.comparingByKey())
            .map(e -> "\"" + e.getKey() + "\":" + e.getValue().stream().sorted().map(String::valueOf)
                .collect(Collectors.joining(",", "[", "]")))
            .collect(Collectors.joining(",", "{", "}"));
    }
}
