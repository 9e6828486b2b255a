import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Prints what a topic holds, one record a line, as Kafka's console consumer does: ReadTopic BROKER TOPIC. */
public final class ReadTopic {
  public static void main(String[] args) {
    Properties connection = new Properties();
    connection.put("bootstrap.servers", args[0]);
    StringDeserializer text = new StringDeserializer();
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(connection, text, text)) {
      List<TopicPartition> partitions = new ArrayList<>();
      consumer.partitionsFor(args[1]).forEach(found -> partitions.add(new TopicPartition(found.topic(), found.partition())));
      consumer.assign(partitions);
      long waiting = consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum();
      consumer.seekToBeginning(partitions);
      while (waiting > 0) {
        for (var found : consumer.poll(Duration.ofSeconds(1))) {
          System.out.println(found.value());
          waiting -= 1;
        }
      }
    }
  }
}
