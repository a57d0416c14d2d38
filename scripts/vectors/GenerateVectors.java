// Prints golden vectors of the Kafka protocol as JSON lines: first the facts (APIs, versions, errors),
// then messages of every API and version that a broker serves to clients, filled with random values
// from a fixed seed, as Kafka's own classes write them and read them back. Run by scripts/gen-vectors.ts; needs
// the jars of Apache Kafka, which no test does.

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupPartitionMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataValue;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyValue;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;

public final class GenerateVectors {
    private static final long SEED = 20261121;
    private static final int INSTANCES = 12;
    private static final long EXACT_MAX = (1L << 53) - 1;
    private static final String[] WORDS = {
        "", "a", "orders", "topic-1", "größe", "日本語", "😀", "__consumer_offsets",
        "consumer-group-7", "127.0.0.1", "x".repeat(130),
    };

    private final Random random = new Random(SEED);
    private final StringBuilder out = new StringBuilder();
    private final PrintStream stdout =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        new GenerateVectors().run();
    }

    private void run() throws Exception {
        facts();
        for (ApiMessageType api : ApiMessageType.values()) {
            if (!api.listeners().contains(ListenerType.BROKER)) continue;
            int min = api.lowestSupportedVersion();
            int max = api.highestSupportedVersion(false);
            vectors(api.name + "Request", api::newRequest, min, max);
            vectors(api.name + "Response", api::newResponse, min, max);
        }
        every("RequestHeader", RequestHeaderData::new);
        every("ResponseHeader", ResponseHeaderData::new);
        every("ConsumerProtocolSubscription", ConsumerProtocolSubscription::new);
        every("ConsumerProtocolAssignment", ConsumerProtocolAssignment::new);
        every("OffsetCommitKey", OffsetCommitKey::new);
        every("OffsetCommitValue", OffsetCommitValue::new);
        every("GroupMetadataKey", GroupMetadataKey::new);
        every("GroupMetadataValue", GroupMetadataValue::new);
        every("ConsumerGroupMetadataKey", ConsumerGroupMetadataKey::new);
        every("ConsumerGroupMetadataValue", ConsumerGroupMetadataValue::new);
        every("ConsumerGroupPartitionMetadataKey", ConsumerGroupPartitionMetadataKey::new);
        every("ConsumerGroupMemberMetadataKey", ConsumerGroupMemberMetadataKey::new);
        every("ConsumerGroupMemberMetadataValue", ConsumerGroupMemberMetadataValue::new);
        every("ConsumerGroupTargetAssignmentMetadataKey", ConsumerGroupTargetAssignmentMetadataKey::new);
        every("ConsumerGroupTargetAssignmentMetadataValue", ConsumerGroupTargetAssignmentMetadataValue::new);
        every("ConsumerGroupTargetAssignmentMemberKey", ConsumerGroupTargetAssignmentMemberKey::new);
        every("ConsumerGroupTargetAssignmentMemberValue", ConsumerGroupTargetAssignmentMemberValue::new);
        every("ConsumerGroupCurrentMemberAssignmentKey", ConsumerGroupCurrentMemberAssignmentKey::new);
        every("ConsumerGroupCurrentMemberAssignmentValue", ConsumerGroupCurrentMemberAssignmentValue::new);
        every("ConsumerGroupRegularExpressionKey", ConsumerGroupRegularExpressionKey::new);
        every("ConsumerGroupRegularExpressionValue", ConsumerGroupRegularExpressionValue::new);
        every("StreamsGroupMetadataKey", StreamsGroupMetadataKey::new);
        every("StreamsGroupMetadataValue", StreamsGroupMetadataValue::new);
        every("StreamsGroupMemberMetadataKey", StreamsGroupMemberMetadataKey::new);
        every("StreamsGroupMemberMetadataValue", StreamsGroupMemberMetadataValue::new);
        every("StreamsGroupTargetAssignmentMetadataKey", StreamsGroupTargetAssignmentMetadataKey::new);
        every("StreamsGroupTargetAssignmentMetadataValue", StreamsGroupTargetAssignmentMetadataValue::new);
        every("StreamsGroupTargetAssignmentMemberKey", StreamsGroupTargetAssignmentMemberKey::new);
        every("StreamsGroupTargetAssignmentMemberValue", StreamsGroupTargetAssignmentMemberValue::new);
        every("StreamsGroupCurrentMemberAssignmentKey", StreamsGroupCurrentMemberAssignmentKey::new);
        every("StreamsGroupCurrentMemberAssignmentValue", StreamsGroupCurrentMemberAssignmentValue::new);
        every("StreamsGroupTopologyKey", StreamsGroupTopologyKey::new);
        every("StreamsGroupTopologyValue", StreamsGroupTopologyValue::new);
        every("TransactionLogKey", TransactionLogKey::new);
        every("TransactionLogValue", TransactionLogValue::new);
        stdout.flush();
    }

    private void every(String name, Supplier<? extends Message> make) throws Exception {
        Message sample = make.get();
        vectors(name, make, sample.lowestSupportedVersion(), sample.highestSupportedVersion());
    }

    private void facts() throws Exception {
        out.append("{\"kafka\":").append(quoted(AppInfoParser.getVersion()));
        out.append(",\"apis\":[");
        for (ApiMessageType api : ApiMessageType.values()) {
            if (!api.listeners().contains(ListenerType.BROKER)) continue;
            var shown = ApiKeys.forId(api.apiKey())
                .toApiVersionForApiResponse(false, ListenerType.BROKER).orElseThrow();
            out.append("{\"key\":").append(api.apiKey()).append(",\"name\":").append(quoted(api.name));
            out.append(",\"min\":").append(api.lowestSupportedVersion());
            out.append(",\"max\":").append(api.highestSupportedVersion(false));
            out.append(",\"advertised\":[").append(shown.minVersion()).append(',').append(shown.maxVersion());
            out.append("],\"requestHeaders\":[");
            for (int v = api.lowestSupportedVersion(); v <= api.highestSupportedVersion(false); v++) {
                out.append(api.requestHeaderVersion((short) v)).append(',');
            }
            closeList();
            out.append(",\"responseHeaders\":[");
            for (int v = api.lowestSupportedVersion(); v <= api.highestSupportedVersion(false); v++) {
                out.append(api.responseHeaderVersion((short) v)).append(',');
            }
            closeList();
            out.append("},");
        }
        closeList();
        out.append(",\"errors\":[");
        for (Errors error : Errors.values()) {
            boolean retriable = error.exception() instanceof RetriableException;
            out.append('[').append(error.code()).append(',').append(quoted(error.name()));
            out.append(',').append(retriable).append("],");
        }
        closeList();
        out.append('}');
        flushLine();
    }

    private void closeList() {
        if (out.charAt(out.length() - 1) == ',') out.setLength(out.length() - 1);
        out.append(']');
    }

    private void flushLine() {
        stdout.println(out);
        out.setLength(0);
    }

    private void vectors(String name, Supplier<? extends Message> make, int min, int max) throws Exception {
        for (int version = min; version <= max; version++) {
            for (int instance = 0; instance < INSTANCES; instance++) {
                Message filled = make.get();
                // The first instance keeps every default that the version can say.
                fill(filled, schemaOf(filled.getClass(), version), version, instance == 0 ? 1.0 : 0.15, 0);
                ByteBuffer bytes = MessageUtil.toByteBufferAccessor(filled, (short) version).buffer();
                byte[] copy = new byte[bytes.remaining()];
                bytes.duplicate().get(copy);
                Message again = make.get();
                again.read(new ByteBufferAccessor(bytes), (short) version);
                out.append("{\"m\":").append(quoted(name)).append(",\"v\":").append(version).append(",\"j\":");
                print(again, min, max);
                out.append(",\"b\":").append(quoted(Base64.getEncoder().encodeToString(copy))).append('}');
                flushLine();
            }
        }
    }

    private static Schema schemaOf(Class<?> type, int version) throws Exception {
        Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
        return version < schemas.length ? schemas[version] : null;
    }

    /** Fields of a class by their names in lower case without underscores, as schemas and classes share them. */
    private static Map<String, Field> fieldsOf(Class<?> type) {
        Map<String, Field> fields = new TreeMap<>();
        for (Field field : type.getDeclaredFields()) {
            String name = field.getName();
            if (Modifier.isStatic(field.getModifiers()) || name.startsWith("_")) continue;
            if (name.equals("next") || name.equals("prev")) continue;
            field.setAccessible(true);
            fields.put(key(name), field);
        }
        return fields;
    }

    private static String key(String name) {
        return name.replace("_", "").toLowerCase();
    }

    private void fill(Object object, Schema schema, int version, double defaults, int depth) throws Exception {
        Map<String, Field> fields = fieldsOf(object.getClass());
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields tagged) {
                for (var def : tagged.fields().values()) {
                    if (random.nextBoolean()) set(object, fields.get(key(def.name)), def.type, version, defaults, depth);
                }
            } else {
                set(object, fields.get(key(bound.def.name)), bound.def.type, version, defaults, depth);
            }
        }
    }

    private void set(Object object, Field field, Type type, int version, double defaults, int depth) throws Exception {
        Object before = field.get(object);
        if (random.nextDouble() < defaults && (before != null || type.isNullable())) return;
        if (type.isNullable() && random.nextInt(4) == 0) {
            field.set(object, null);
            return;
        }
        field.set(object, value(field.getGenericType(), type, version, defaults, depth));
    }

    @SuppressWarnings("unchecked")
    private Object value(java.lang.reflect.Type javaType, Type type, int version, double defaults, int depth)
            throws Exception {
        if (type.isArray()) {
            Type elementType = type.arrayElementType().orElseThrow();
            Collection<Object> list;
            java.lang.reflect.Type elementClass;
            if (javaType instanceof ParameterizedType parameterized) {
                list = new ArrayList<>();
                elementClass = parameterized.getActualTypeArguments()[0];
            } else {
                list = (Collection<Object>) ((Class<?>) javaType).getConstructor().newInstance();
                elementClass = ((ParameterizedType) ((Class<?>) javaType).getGenericSuperclass())
                    .getActualTypeArguments()[0];
            }
            int count = random.nextInt(depth == 0 ? 4 : 3);
            for (int index = 0; index < count; index++) {
                list.add(value(elementClass, elementType, version, defaults, depth + 1));
            }
            return list;
        }
        Class<?> javaClass = (Class<?>) javaType;
        if (Message.class.isAssignableFrom(javaClass)) {
            Object struct = javaClass.getConstructor().newInstance();
            fill(struct, schemaOf(javaClass, version), version, defaults, depth + 1);
            return struct;
        }
        return primitive(javaClass, type);
    }

    private Object primitive(Class<?> javaClass, Type type) {
        if (javaClass == boolean.class) return random.nextBoolean();
        if (javaClass == byte.class || javaClass == Byte.class) return (byte) random.nextInt();
        if (javaClass == short.class || javaClass == Short.class) return (short) random.nextInt();
        if (type == Type.UINT16) return random.nextInt() & 0xffff;
        if (type == Type.UNSIGNED_INT32) return random.nextInt() & 0xffff_ffffL;
        if (javaClass == int.class || javaClass == Integer.class) return random.nextInt() >> random.nextInt(32);
        if (javaClass == long.class || javaClass == Long.class) return int64();
        if (javaClass == double.class) return random.nextGaussian() * 1e6;
        if (javaClass == String.class) return WORDS[random.nextInt(WORDS.length)];
        if (javaClass == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
        if (javaClass == byte[].class) return bytes();
        if (javaClass == ByteBuffer.class) return ByteBuffer.wrap(bytes());
        if (javaClass == BaseRecords.class) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
        throw new IllegalArgumentException("no value for " + javaClass);
    }

    private long int64() {
        switch (random.nextInt(6)) {
            case 0: return -1;
            case 1: return EXACT_MAX;
            case 2: return -EXACT_MAX;
            default: return random.nextLong() >> (11 + random.nextInt(52));
        }
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(20) == 0 ? 200 : random.nextInt(12)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Prints all fields that any of the versions has: those that this version lacks show their defaults. */
    private void print(Object object, int min, int max) throws Exception {
        Map<String, Boolean> known = new TreeMap<>();
        for (int version = min; version <= max; version++) {
            Schema schema = schemaOf(object.getClass(), version);
            if (schema == null) continue;
            for (BoundField bound : schema.fields()) {
                if (bound.def.type instanceof TaggedFields tagged) {
                    for (var def : tagged.fields().values()) known.put(key(def.name), true);
                } else {
                    known.put(key(bound.def.name), true);
                }
            }
        }
        out.append('{');
        boolean first = true;
        for (var entry : fieldsOf(object.getClass()).entrySet()) {
            if (!known.containsKey(entry.getKey())) continue;
            if (!first) out.append(',');
            first = false;
            out.append(quoted(entry.getValue().getName())).append(':');
            printValue(entry.getValue().get(object), min, max);
        }
        out.append('}');
    }

    private void printValue(Object value, int min, int max) throws Exception {
        if (value == null || value instanceof Boolean) out.append(value);
        else if (value instanceof Long number && Math.abs(number) > EXACT_MAX) out.append(quoted(number.toString()));
        else if (value instanceof Number) out.append(value);
        else if (value instanceof byte[] bytes) out.append(quoted(Base64.getEncoder().encodeToString(bytes)));
        else if (value instanceof ByteBuffer buffer) printBuffer(buffer);
        else if (value instanceof MemoryRecords records) printBuffer(records.buffer());
        else if (value instanceof Message) print(value, min, max);
        else if (value instanceof Collection<?> list) {
            out.append('[');
            for (Object element : new ArrayList<>(list)) {
                printValue(element, min, max);
                out.append(',');
            }
            closeList();
        } else out.append(quoted(value.toString()));
    }

    private void printBuffer(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        out.append(quoted(Base64.getEncoder().encodeToString(bytes)));
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\');
            if (c < 0x20) throw new IllegalArgumentException("control character");
            quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
