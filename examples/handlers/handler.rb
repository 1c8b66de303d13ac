# A handler in Ruby: hurricane consume --handler-exec 'ruby examples/handlers/handler.rb' --queue tasks
# One JSON object per line: messages on stdin, what became of them on stdout. Prints for people go to stderr.
require 'base64'
require 'json'

$stdout.sync = true

def say(**word)
  puts JSON.generate(word)
end

say(t: 'ready')
$stdin.each_line do |line|
  word = JSON.parse(line)
  next unless word['t'] == 'msg'

  body = Base64.decode64(word['body64'])
  warn "attempt #{word['attempt']}: #{body}"
  if JSON.parse(body)['fail']
    say(id: word['id'], r: 'retry', reason: 'this one fails')
  else
    say(id: word['id'], r: 'ack')
  end
end
