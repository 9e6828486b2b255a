import { dirname } from 'node:path';
import { findKafkaJars } from '../../kafka-jars.ts';
import { installing, type StandIn } from '../stand-in.ts';

// What the published image does with its variables: KAFKA_ADVERTISED_LISTENERS is `advertised.listeners`, two underscores
// stand for one, three for a hyphen. Without any it is a single node that is broker and controller.
const RUN = `#!/bin/bash
set -eu
settings=/opt/kafka/config/server.properties
if env | grep -q '^KAFKA_[A-Z]*_' ; then
  env -0 | while IFS= read -r -d '' entry; do
    name=\${entry%%=*} value=\${entry#*=}
    case $name in
      KAFKA_HEAP_OPTS | KAFKA_OPTS | KAFKA_JVM_PERFORMANCE_OPTS | KAFKA_GC_LOG_OPTS | KAFKA_LOG4J_*) continue ;;
      KAFKA_*) ;;
      *) continue ;;
    esac
    name=$(printf %s "\${name#KAFKA_}" | tr '[:upper:]' '[:lower:]' | sed -e 's/___/\\x01/g' -e 's/__/\\x02/g' -e 's/_/./g' -e 's/\\x01/-/g' -e 's/\\x02/_/g')
    printf '%s=%s\\n' "$name" "$value"
  done >"$settings"
else
  cp /etc/kafka/docker/server.properties "$settings"
fi
log=-Dorg.slf4j.simpleLogger
java=(java \${KAFKA_HEAP_OPTS:--Xms64m -Xmx512m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData)
java+=("$log.defaultLogLevel=warn" "$log.log.kafka.server.KafkaRaftServer=info" \${KAFKA_OPTS:-} -cp '/opt/kafka/libs/*')
"\${java[@]}" kafka.tools.StorageTool format --ignore-formatted -t "\${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" -c "$settings"
exec "\${java[@]}" kafka.Kafka "$settings"
`;

const SINGLE_NODE = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
advertised.listeners=PLAINTEXT://localhost:9092
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=/tmp/kraft-combined-logs
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
`;

// Kafka's own tools are in no public repository of Java packages, so its clients' library makes topics.
const TOPICS = `import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.errors.TopicExistsException;

class Topics {
  public static void main(String[] args) throws Exception {
    Map<String, String> given = new HashMap<>();
    Map<String, String> settings = new HashMap<>();
    for (int at = 0; at < args.length; at++) {
      boolean isLast = at + 1 == args.length || args[at + 1].startsWith("--");
      String value = isLast ? "" : args[at + 1];
      if (args[at].equals("--config")) settings.put(value.split("=", 2)[0], value.split("=", 2)[1]);
      else given.put(args[at], value);
      if (!isLast) at++;
    }
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", given.get("--bootstrap-server")))) {
      if (given.containsKey("--list")) {
        for (String name : new TreeSet<>(admin.listTopics().names().get())) System.out.println(name);
      } else if (given.containsKey("--create")) {
        Optional<Integer> partitions = Optional.ofNullable(given.get("--partitions")).map(Integer::valueOf);
        Optional<Short> copies = Optional.ofNullable(given.get("--replication-factor")).map(Short::valueOf);
        NewTopic topic = new NewTopic(given.get("--topic"), partitions, copies).configs(settings);
        try {
          admin.createTopics(List.of(topic)).all().get();
          System.out.println("Created topic " + topic.name() + ".");
        } catch (java.util.concurrent.ExecutionException failure) {
          if (!(failure.getCause() instanceof TopicExistsException) || !given.containsKey("--if-not-exists")) throw failure;
        }
      } else {
        throw new IllegalArgumentException("only --create and --list are known here");
      }
    }
  }
}
`;

const TOPICS_COMMAND = `#!/bin/sh
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp '/opt/kafka/tools:/opt/kafka/libs/*' Topics "$@"
`;

/**
 * Apache Kafka of the version that the kit runs elsewhere.
 *
 * @param launcher what the download of Kafka is started with.
 */
export async function kafkaStandIn(launcher: readonly string[]): Promise<StandIn> {
  const jars = dirname(await findKafkaJars(launcher));
  return {
    name: 'docker.io/apache/kafka:4.1.0',
    from: 'docker.io/library/debian:forky-slim AS tools',
    files: { run: RUN, 'server.properties': SINGLE_NODE, 'Topics.java': TOPICS, 'kafka-topics.sh': TOPICS_COMMAND },
    mounts: { '/mnt/jars': jars },
    dockerfile: [
      'RUN mkdir -p /usr/share/man/man1',
      installing('openjdk-25-jdk-headless'),
      'COPY Topics.java /src/',
      "RUN javac -cp '/mnt/jars/*' -d /opt/kafka/tools /src/Topics.java",
      'FROM docker.io/library/debian:forky-slim',
      'RUN mkdir -p /usr/share/man/man1',
      installing('openjdk-25-jre-headless'),
      'RUN useradd --uid 1000 --create-home appuser',
      'RUN install -d -m 1777 -o appuser /opt/kafka/config /opt/kafka/logs /var/lib/kafka/data /etc/kafka/secrets /mnt/shared/config && mkdir -p /opt/kafka/libs && cp /mnt/jars/*.jar /opt/kafka/libs/',
      'COPY run server.properties /etc/kafka/docker/',
      'COPY --from=tools /opt/kafka/tools /opt/kafka/tools',
      'COPY kafka-topics.sh /opt/kafka/bin/',
      'VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]',
      'USER appuser',
      'EXPOSE 9092',
      'CMD ["/etc/kafka/docker/run"]',
    ],
  };
}
