// The example app in Java, the JDK only: `java App.java`. The contract is in examples/README.md.

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

public class App {
    static final AtomicLong count = new AtomicLong();
    static final List<byte[]> leaked = new ArrayList<>();
    static final Map<String, HttpHandler> routes = Map.of(
            "/", exchange -> answer(exchange, "Hello from Java\n"),
            "/slow", App::slow,
            "/echo", App::echo,
            "/env", App::env,
            "/pid", exchange -> answer(exchange, ProcessHandle.current().pid() + "\n"),
            "/stream", App::stream,
            "/crash", exchange -> Runtime.getRuntime().halt(number(exchange, "code", 1)),
            "/leak", App::leak,
            "/file", App::file,
            "/count", exchange -> answer(exchange, count.get() + "\n"));

    public static void main(String[] args) throws Exception {
        Map<String, String> env = System.getenv();
        if (env.containsKey("IGNORE_TERM")) ignoreTerm();
        if (env.containsKey("FAIL_START")) System.exit(Integer.parseInt(env.get("FAIL_START")));
        Thread.sleep(Long.parseLong(env.getOrDefault("START_DELAY_MS", "0")));
        int port = Integer.parseInt(env.getOrDefault("PORT", "8080"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 1024);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", App::route);
        server.start();
        System.out.println("listening on 127.0.0.1:" + port);
    }

    static void ignoreTerm() {
        sun.misc.Signal.handle(new sun.misc.Signal("TERM"), sun.misc.SignalHandler.SIG_IGN);
    }

    static void route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (!path.equals("/count")) count.incrementAndGet();
        try (exchange) {
            routes.getOrDefault(path, App::notFound).handle(exchange);
        }
    }

    static void slow(HttpExchange exchange) throws IOException {
        int ms = number(exchange, "ms", 1000);
        sleep(ms);
        answer(exchange, "slept " + ms + " ms\n");
    }

    static void echo(HttpExchange exchange) throws IOException {
        StringBuilder head = new StringBuilder();
        head.append(exchange.getRequestMethod()).append(' ').append(exchange.getRequestURI()).append('\n');
        exchange.getRequestHeaders().forEach((name, values) ->
                values.forEach(value -> head.append(name).append(": ").append(value).append('\n')));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head.append('\n').toString().getBytes(StandardCharsets.ISO_8859_1));
        exchange.getRequestBody().transferTo(all);
        answer(exchange, 200, all.toByteArray());
    }

    static void env(HttpExchange exchange) throws IOException {
        String name = query(exchange).get("name");
        if (name == null) {
            StringBuilder all = new StringBuilder();
            System.getenv().forEach((key, value) -> all.append(key).append('=').append(value).append('\n'));
            answer(exchange, all.toString());
        } else if (System.getenv(name) == null) {
            notFound(exchange);
        } else {
            answer(exchange, System.getenv(name) + "\n");
        }
    }

    static void stream(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(200, 0);
        for (int i = 1; i <= number(exchange, "n", 5); i++) {
            exchange.getResponseBody().write(("data: " + i + "\n\n").getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            sleep(number(exchange, "ms", 100));
        }
    }

    static synchronized void leak(HttpExchange exchange) throws IOException {
        leaked.add(new byte[number(exchange, "mib", 1) * 1024 * 1024]);
        long total = leaked.stream().mapToLong(block -> block.length).sum();
        answer(exchange, total / 1024 / 1024 + " MiB\n");
    }

    /** A program run from its source has no class file; its command names the source. */
    static void file(HttpExchange exchange) throws IOException {
        String[] command = System.getProperty("sun.java.command").split(" ");
        answer(exchange, 200, Files.readAllBytes(Path.of(command[1])));
    }

    static void notFound(HttpExchange exchange) throws IOException {
        answer(exchange, 404, "not found\n".getBytes(StandardCharsets.UTF_8));
    }

    static void answer(HttpExchange exchange, String text) throws IOException {
        answer(exchange, 200, text.getBytes(StandardCharsets.UTF_8));
    }

    static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
        if (!head) exchange.getResponseBody().write(body);
    }

    static int number(HttpExchange exchange, String name, int fallback) {
        return Integer.parseInt(query(exchange).getOrDefault(name, String.valueOf(fallback)));
    }

    static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> values = new HashMap<>();
        String text = exchange.getRequestURI().getRawQuery();
        for (String pair : (text == null ? "" : text).split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2) values.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return values;
    }

    static void sleep(int ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }
}
