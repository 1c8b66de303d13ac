// The example app in Go, standard library only. The contract is in examples/README.md.
package main

import (
	"bufio"
	"crypto/sha1"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

//go:embed app.go
var source []byte

var (
	count  atomic.Int64
	leaks  sync.Mutex
	leaked [][]byte
)

func main() {
	if os.Getenv("IGNORE_TERM") != "" {
		signal.Ignore(syscall.SIGTERM)
	}
	if code, err := strconv.Atoi(os.Getenv("FAIL_START")); err == nil {
		os.Exit(code)
	}
	if ms, err := strconv.Atoi(os.Getenv("START_DELAY_MS")); err == nil {
		time.Sleep(time.Duration(ms) * time.Millisecond)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening on", listener.Addr())
	http.Serve(listener, http.HandlerFunc(route))
}

func route(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/count" {
		count.Add(1)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	switch r.URL.Path {
	case "/":
		fmt.Fprintln(w, "Hello from Go")
	case "/slow":
		ms := number(r, "ms", 1000)
		time.Sleep(time.Duration(ms) * time.Millisecond)
		fmt.Fprintf(w, "slept %d ms\n", ms)
	case "/echo":
		echo(w, r)
	case "/env":
		env(w, r)
	case "/pid":
		fmt.Fprintln(w, os.Getpid())
	case "/stream":
		stream(w, r)
	case "/ws":
		webSocket(w, r)
	case "/crash":
		os.Exit(number(r, "code", 1))
	case "/leak":
		leak(w, r)
	case "/file":
		w.Header().Set("Content-Length", strconv.Itoa(len(source)))
		w.Write(source)
	case "/count":
		fmt.Fprintln(w, count.Load())
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintln(w, "not found")
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	// Go stops reading a body once the answer has begun.
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s\nHost: %s\n", r.Method, r.RequestURI, r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintln(w)
	w.Write(body)
}

func env(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if name == "" {
		for _, pair := range os.Environ() {
			fmt.Fprintln(w, pair)
		}
	} else if value, ok := os.LookupEnv(name); ok {
		fmt.Fprintln(w, value)
	} else {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintln(w, "not found")
	}
}

func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for i := 1; i <= number(r, "n", 5); i++ {
		fmt.Fprintf(w, "data: %d\n\n", i)
		w.(http.Flusher).Flush()
		time.Sleep(time.Duration(number(r, "ms", 100)) * time.Millisecond)
	}
}

func leak(w http.ResponseWriter, r *http.Request) {
	leaks.Lock()
	defer leaks.Unlock()
	block := make([]byte, number(r, "mib", 1)<<20)
	for i := range block {
		block[i] = 1
	}
	leaked = append(leaked, block)
	total := 0
	for _, block := range leaked {
		total += len(block)
	}
	fmt.Fprintf(w, "%d MiB\n", total>>20)
}

// WebSocket (RFC 6455) in its simplest form: every frame is sent back as it came.
func webSocket(w http.ResponseWriter, r *http.Request) {
	conn, buffer, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	for {
		opcode, frame, err := readFrame(buffer.Reader)
		if err != nil {
			return
		}
		conn.Write(frame)
		if opcode == 8 {
			return
		}
	}
}

// The next frame, unmasked and ready to be sent back.
func readFrame(reader *bufio.Reader) (opcode byte, frame []byte, err error) {
	head := make([]byte, 2, 10)
	if _, err = io.ReadFull(reader, head); err != nil {
		return
	}
	opcode = head[0] & 0x0f
	head[1] &= 0x7f
	length := uint64(head[1])
	if extended := map[uint64]int{126: 2, 127: 8}[length]; extended > 0 {
		head = head[:2+extended]
		if _, err = io.ReadFull(reader, head[2:]); err != nil {
			return
		}
		if extended == 2 {
			length = uint64(binary.BigEndian.Uint16(head[2:]))
		} else {
			length = binary.BigEndian.Uint64(head[2:])
		}
	}
	masked := make([]byte, 4+length)
	if _, err = io.ReadFull(reader, masked); err != nil {
		return
	}
	mask, payload := masked[:4], masked[4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	if opcode == 9 {
		head[0]++ // a ping is answered by a pong
	}
	return opcode, append(head, payload...), nil
}

func number(r *http.Request, name string, fallback int) int {
	if value, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return value
	}
	return fallback
}
