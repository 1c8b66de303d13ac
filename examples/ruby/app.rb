# The example app in Ruby, standard library only. The contract is in examples/README.md.

require 'digest/sha1'
require 'socket'
require 'uri'

GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
REASONS = { 200 => 'OK', 404 => 'Not Found' }.freeze

# One request of one connection.
Request = Struct.new(:method, :target, :headers, :body, :socket) do
  def path = target.split('?', 2).first
  def query = @query ||= URI.decode_www_form(target.split('?', 2)[1] || '').to_h
  def header(name) = headers.find { |key, _| key.casecmp?(name) }&.last
end

class App
  def initialize
    @count = 0
    @leaked = []
    @lock = Mutex.new
  end

  def serve(socket)
    socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    while (request = read_request(socket))
      @lock.synchronize { @count += 1 } unless request.path == '/count'
      break if route(request) == :close || request.header('Connection')&.casecmp?('close')
    end
  rescue SystemCallError, IOError
    # The client went away.
  ensure
    socket.close
  end

  private

  def route(request)
    case request.path
    when '/' then answer(request, "Hello from Ruby\n")
    when '/slow' then slow(request)
    when '/echo' then echo(request)
    when '/env' then env(request)
    when '/pid' then answer(request, "#{Process.pid}\n")
    when '/stream' then stream(request)
    when '/ws' then web_socket(request)
    when '/crash' then exit!(request.query.fetch('code', '1').to_i)
    when '/leak' then leak(request)
    when '/file' then answer(request, File.binread(__FILE__))
    when '/count' then answer(request, "#{@count}\n")
    else answer(request, "not found\n", 404)
    end
  end

  def answer(request, body, status = 200)
    request.socket.write(
      "HTTP/1.1 #{status} #{REASONS[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n" \
      "Content-Length: #{body.bytesize}\r\n\r\n#{body unless request.method == 'HEAD'}"
    )
  end

  def slow(request)
    ms = request.query.fetch('ms', '1000').to_i
    sleep(ms / 1000.0)
    answer(request, "slept #{ms} ms\n")
  end

  def echo(request)
    lines = ["#{request.method} #{request.target}", *request.headers.map { |pair| pair.join(': ') }]
    answer(request, "#{lines.join("\n")}\n\n".b + request.body)
  end

  def env(request)
    name = request.query['name']
    return answer(request, ENV.map { |pair| "#{pair.join('=')}\n" }.join) unless name
    return answer(request, "not found\n", 404) unless ENV.key?(name)

    answer(request, "#{ENV.fetch(name)}\n")
  end

  def stream(request)
    request.socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" \
                         "Cache-Control: no-store\r\nConnection: close\r\n\r\n")
    1.upto(request.query.fetch('n', '5').to_i) do |i|
      request.socket.write("data: #{i}\n\n")
      sleep(request.query.fetch('ms', '100').to_i / 1000.0)
    end
    :close
  end

  def leak(request)
    @leaked << ("\1" * (request.query.fetch('mib', '1').to_i * 1024 * 1024))
    answer(request, "#{@leaked.sum(&:bytesize) / 1024 / 1024} MiB\n")
  end

  # WebSocket (RFC 6455) in its simplest form: every frame is sent back as it came.
  def web_socket(request)
    socket = request.socket
    accept = Digest::SHA1.base64digest("#{request.header('Sec-WebSocket-Key')}#{GUID}")
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" \
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: #{accept}\r\n\r\n")
    while (start = socket.read(2)&.bytes) && start.size == 2
      length = start[1] & 0x7f
      extended = socket.read({ 126 => 2, 127 => 8 }.fetch(length, 0))
      length = extended.unpack1(extended.size == 2 ? 'n' : 'Q>') unless extended.empty?
      mask = socket.read(4).bytes
      payload = socket.read(length).bytes.each_with_index.map { |byte, i| byte ^ mask[i % 4] }
      opcode = start[0] & 0x0f
      start[0] += 1 if opcode == 9 # a ping is answered by a pong
      socket.write([start[0], start[1] & 0x7f].pack('C2') + extended + payload.pack('C*'))
      break if opcode == 8
    end
    :close
  end

  def read_request(socket)
    method, target = socket.gets("\r\n", chomp: true)&.split(' ')
    return unless target

    headers = []
    until (line = socket.gets("\r\n", chomp: true)).nil? || line.empty?
      headers << line.split(/:\s*/, 2)
    end
    request = Request.new(method, target, headers, ''.b, socket)
    request.body = read_body(request)
    request
  end

  def read_body(request)
    socket = request.socket
    unless request.header('Transfer-Encoding')&.casecmp?('chunked')
      return socket.read(request.header('Content-Length').to_i)
    end

    body = ''.b
    while (size = socket.gets("\r\n").to_i(16)).positive?
      body << socket.read(size)
      socket.gets("\r\n")
    end
    nil until ["\r\n", nil].include?(socket.gets("\r\n"))
    body
  end
end

$stdout.sync = true
trap('TERM', ENV['IGNORE_TERM'] ? 'IGNORE' : 'SYSTEM_DEFAULT')
exit(ENV['FAIL_START'].to_i) if ENV['FAIL_START']
sleep(ENV.fetch('START_DELAY_MS', '0').to_i / 1000.0)
port = ENV.fetch('PORT', '8080').to_i
app = App.new
server = TCPServer.new('127.0.0.1', port)
server.listen(1024)
puts "listening on 127.0.0.1:#{port}"
loop { Thread.new(server.accept) { |socket| app.serve(socket) } }
