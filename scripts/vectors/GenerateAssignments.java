// Prints what Kafka's server-side assignors make of random groups, a JSON line each: the oracle of
// test/unit/broker/coordinator/group/assignors. Run by scripts/gen-assignments.ts.

import java.util.*;
import java.util.stream.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.*;
import org.apache.kafka.coordinator.group.assignor.*;
import org.apache.kafka.coordinator.group.modern.*;

public final class GenerateAssignments {
    private static final Random random = new Random(20261121);

    public static void main(String[] args) {
        for (int index = 0; index < 150; index++) group(index);
    }

    private static Uuid uuid() {
        return new Uuid(random.nextLong(), random.nextLong());
    }

    private static void group(int index) {
        List<Uuid> topics = new ArrayList<>();
        Map<Uuid, Integer> counts = new HashMap<>();
        int topicCount = 1 + random.nextInt(6);
        for (int i = 0; i < topicCount; i++) {
            Uuid topic = uuid();
            topics.add(topic);
            counts.put(topic, 1 + random.nextInt(12));
        }
        boolean homogeneous = index % 2 == 0;
        Map<String, Set<Uuid>> subscriptions = new LinkedHashMap<>();
        Map<String, String> instances = new HashMap<>();
        int memberCount = 1 + random.nextInt(9);
        for (int i = 0; i < memberCount; i++) join(subscriptions, instances, topics, homogeneous);
        Map<String, Map<Uuid, Set<Integer>>> target = new HashMap<>();
        String assignor = index % 3 == 2 ? "range" : "uniform";
        for (int round = 0; round < 4; round++) {
            target = assign(assignor, homogeneous, subscriptions, instances, counts, target);
            change(subscriptions, instances, topics, counts, homogeneous);
            target.keySet().retainAll(subscriptions.keySet());
        }
    }

    private static void join(
        Map<String, Set<Uuid>> subscriptions, Map<String, String> instances, List<Uuid> topics, boolean homogeneous
    ) {
        String id = uuid().toString();
        Set<Uuid> chosen = new LinkedHashSet<>(topics);
        if (!homogeneous) chosen.removeIf(topic -> random.nextInt(3) == 0);
        subscriptions.put(id, chosen);
        if (random.nextInt(4) == 0) instances.put(id, "instance-" + random.nextInt(1000));
    }

    private static void change(
        Map<String, Set<Uuid>> subscriptions, Map<String, String> instances, List<Uuid> topics,
        Map<Uuid, Integer> counts, boolean homogeneous
    ) {
        int what = random.nextInt(3);
        if (what == 0 && subscriptions.size() > 1) {
            subscriptions.remove(subscriptions.keySet().iterator().next());
        } else if (what == 1) {
            Uuid topic = topics.get(random.nextInt(topics.size()));
            counts.put(topic, counts.get(topic) + random.nextInt(5));
        } else {
            join(subscriptions, instances, topics, homogeneous);
        }
    }

    private static Map<String, Map<Uuid, Set<Integer>>> assign(
        String name, boolean homogeneous, Map<String, Set<Uuid>> subscriptions, Map<String, String> instances,
        Map<Uuid, Integer> counts, Map<String, Map<Uuid, Set<Integer>>> target
    ) {
        Map<String, MemberSubscriptionAndAssignmentImpl> members = new HashMap<>();
        Map<Uuid, Map<Integer, String>> inverted = new HashMap<>();
        subscriptions.forEach((id, topics) -> {
            Map<Uuid, Set<Integer>> had = target.getOrDefault(id, Map.of());
            had.forEach((topic, partitions) -> partitions.forEach(
                partition -> inverted.computeIfAbsent(topic, k -> new HashMap<>()).put(partition, id)));
            members.put(id, new MemberSubscriptionAndAssignmentImpl(
                Optional.empty(), Optional.ofNullable(instances.get(id)), topics, new Assignment(Collections.unmodifiableMap(had))));
        });
        SubscriptionType type = homogeneous ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        GroupSpec spec = new GroupSpecImpl(members, type, inverted);
        SubscribedTopicDescriber describer = new SubscribedTopicDescriber() {
            @Override public int numPartitions(Uuid topicId) { return counts.getOrDefault(topicId, -1); }
            @Override public Set<String> racksForPartition(Uuid topicId, int partition) { return Set.of(); }
        };
        ConsumerGroupPartitionAssignor assignor = name.equals("range") ? new RangeAssignor() : new UniformAssignor();
        GroupAssignment made = assignor.assign(spec, describer);
        Map<String, Map<Uuid, Set<Integer>>> result = new HashMap<>();
        subscriptions.keySet().forEach(id -> {
            MemberAssignment of = made.members().get(id);
            Map<Uuid, Set<Integer>> partitions = new HashMap<>();
            if (of != null) of.partitions().forEach((topic, set) -> partitions.put(topic, new HashSet<>(set)));
            result.put(id, partitions);
        });
        print(name, homogeneous, subscriptions, instances, counts, target, result);
        return result;
    }

    private static void print(
        String name, boolean homogeneous, Map<String, Set<Uuid>> subscriptions, Map<String, String> instances,
        Map<Uuid, Integer> counts, Map<String, Map<Uuid, Set<Integer>>> before, Map<String, Map<Uuid, Set<Integer>>> after
    ) {
        String members = subscriptions.entrySet().stream().map(entry -> "{\"id\":\"" + entry.getKey()
            + "\",\"instance\":" + (instances.containsKey(entry.getKey()) ? "\"" + instances.get(entry.getKey()) + "\"" : "null")
            + ",\"topics\":[" + entry.getValue().stream().map(t -> "\"" + t + "\"").collect(Collectors.joining(","))
            + "],\"before\":" + partitions(before.getOrDefault(entry.getKey(), Map.of()))
            + ",\"after\":" + partitions(after.get(entry.getKey())) + "}").collect(Collectors.joining(","));
        String topics = counts.entrySet().stream().map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
            .collect(Collectors.joining(","));
        System.out.println("{\"assignor\":\"" + name + "\",\"homogeneous\":" + homogeneous
            + ",\"counts\":{" + topics + "},\"members\":[" + members + "]}");
    }

    private static String partitions(Map<Uuid, Set<Integer>> of) {
        return of.entrySet().stream().filter(e -> !e.getValue().isEmpty())
            .map(e -> "\"" + e.getKey() + "\":" + e.getValue().stream().sorted().map(String::valueOf).collect(Collectors.joining(",", "[", "]")))
            .collect(Collectors.joining(",", "{", "}"));
    }
}
