<?php
// The example app in PHP: a router script for PHP's built-in server, which runs it once per request.
// The contract, and what that server cannot do, are in examples/README.md.

declare(strict_types=1);

header('Content-Type: text/plain; charset=utf-8');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
// Workers share no memory; they count in a file named after their process group.
$counter = sys_get_temp_dir() . '/example-app-' . posix_getpgid(0) . '-' . $_SERVER['SERVER_PORT'];
if ($path !== '/count') {
    file_put_contents($counter, '.', FILE_APPEND);
}

switch ($path) {
    case '/':
        echo "Hello from PHP\n";
        break;
    case '/slow':
        $ms = (int) ($_GET['ms'] ?? 1000);
        usleep($ms * 1000);
        echo "slept $ms ms\n";
        break;
    case '/echo':
        echo "{$_SERVER['REQUEST_METHOD']} {$_SERVER['REQUEST_URI']}\n";
        foreach (getallheaders() as $name => $value) {
            echo "$name: $value\n";
        }
        echo "\n", file_get_contents('php://input');
        break;
    case '/env':
        $name = $_GET['name'] ?? null;
        if ($name === null) {
            foreach (getenv() as $key => $value) {
                echo "$key=$value\n";
            }
        } elseif (getenv($name) === false) {
            http_response_code(404);
            echo "not found\n";
        } else {
            echo getenv($name), "\n";
        }
        break;
    case '/pid':
        echo getmypid(), "\n";
        break;
    case '/stream':
        header('Content-Type: text/event-stream');
        header('Cache-Control: no-store');
        // Unlike `php`, its server buffers output.
        while (ob_get_level() > 0) {
            ob_end_flush();
        }
        for ($i = 1; $i <= (int) ($_GET['n'] ?? 5); $i++) {
            echo "data: $i\n\n";
            flush();
            usleep((int) ($_GET['ms'] ?? 100) * 1000);
        }
        break;
    case '/file':
        header('Content-Length: ' . filesize(__FILE__));
        readfile(__FILE__);
        break;
    case '/count':
        echo is_file($counter) ? filesize($counter) : 0, "\n";
        break;
    default:
        http_response_code(404);
        echo "not found\n";
}
