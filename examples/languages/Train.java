import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Says yes to a row that is nearer to the mean of those that left: java Train.java TRAIN HOLDOUT PREDICTIONS */
public class Train {
    public static void main(String[] paths) throws Exception {
        double[][] means = {mean(paths[0], "no"), mean(paths[0], "yes")};
        List<String> lines = new ArrayList<>(List.of("prediction"));
        for (String[] row : read(paths[1])) {
            lines.add(distance(row, means[1]) < distance(row, means[0]) ? "yes" : "no");
        }
        Files.write(Path.of(paths[2]), lines);
    }

    static List<String[]> read(String path) throws Exception {
        return Files.readAllLines(Path.of(path)).stream().skip(1).map(line -> line.split(",", -1)).toList();
    }

    static double[] features(String[] row) {
        return new double[] {Double.parseDouble(row[0]) / 18, Double.parseDouble(row[1]) / 6};
    }

    static double[] mean(String path, String label) throws Exception {
        double[] sum = {0, 0};
        int rows = 0;
        for (String[] row : read(path)) {
            if (row[2].equals(label)) {
                sum[0] += features(row)[0];
                sum[1] += features(row)[1];
                rows++;
            }
        }
        return new double[] {sum[0] / rows, sum[1] / rows};
    }

    static double distance(String[] row, double[] mean) {
        return Math.hypot(features(row)[0] - mean[0], features(row)[1] - mean[1]);
    }
}
