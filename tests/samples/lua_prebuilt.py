"""Compiled Lua: each version's own compiler, and LuaJIT's, from the source here; zlib and base64."""

SOURCE = """\
local face_classifier = require("face_classifier")
function predict_race(face)
  local race_labels = {"Black", "White", "Asian", "Indian", "Latino_Hispanic", "Middle Eastern"}
  return race_labels[face_classifier.best(face)]
end
"""

PREBUILT = {
    "5.1": """
eNqFUUtOwzAQfW4cmgVQ9lSIE3CGBAnxUVmwYhm5iSssrFDsZO9KqKdAnIXcjHFqKxVSYaSnmfGb8YyfzxedeALjGc8wxc5ydaU7gdEmE0+lhCIH5g6s
DsytAy7gkFBMN+zMyPdOGQl+Fg5WopJlpYW1aqWkAT8JxNrIWlVtaagAbH9imMcYshn5ByDZkO9pPqOg6IENkX3BsMyRfBC3dQX7Jv9J+22dwxeV+t38
7vwoXHytRfU6ps8vqpVjWlglGvAoxH1TD3l8x0K0qnkr75Rdi0ZV4LNAPKq61vLyRthWGmpIw/lS2nYIfGHyD/gBpHt6RDWH4JRwHDX3EmuxlNoiC5wX
9NAXTAMfkf4a9FevXzYq9gNeV0k3
""",
    "5.2": """
eNqFUktOwzAQfW6cNKoosAWE4AScIUGqBKJ0wQKWkZu4wsIKJU72yQYOwBpxFXozxolDQGrFSGPPxzPz/OyTeSXuwHjIQxy9TyfHE/TCRgGtASLEEXBa
g0nywwjNGWp4ZFNNJ4V8qVQhwQ9dYCVSmaRaGKNWShbgU5dYFzJTaZkUdACMAiNS305DuE/bDeA1tG9oJCMj3gANY9jEDFkE77WO8UX5D4LzVtf4pGMW
ztjCCdyQSy3Sp8F9eFSlHNzYKJGDj517nWet30Ofi1Llz8mVMmuRqxT8wCVuVZZpeT4TppQFFfguvpSm7Ahrte8bqQtdCdhLef8o36L+L256RlvDNtzr
ebc0a7GU2iB0OYti1zNsRRj8QO/U//Mqu5t57e8Yaqwks8U9vgGTRE1K
""",
    "5.3": """
eNqFUc1KxDAQnmzTNCyu7lW9eBDx5DOkwoLirhdhPZZsm8WwIa5Jix7biz6AryA+h30zJ2ur+AMGvvlnvpnJ/rSSV7D7PBruDSmnnD/M4esd3wuSCH1i
KvkZIwOGkoGAVAAc1kAM+lxAcwQ1RGhT7tRdpZ2i46XMVZYb6b1eauXoaO1UofMyc5ggoRsECQNEvHH5NqoLgKhB3SIDQSNtARpCoE0JrAREj3UKb5h/
QfanuoZXLAvsSWBnp0bmK8qub3SpKEu9lpYm57YIejyVpba32Zn2a2l1TndmuiiMOphIXypnabxQvvyYLLwwTfQP6B+I+6XCBfpGW2HrzMiFMp53sUDz
80ysi/eIv13od320+ZCuNptczt8BsbtNEQ==
""",
    "5.4": """
eNplT8FKw0AUfG+zhNAqntWLR09+Q5UWK1RBkXoM22SLi0usuwl63HRNVkFJof/kUb9IcFcQQR88Zph5PGZ2JxW7hO31Zm+nR5PkYQq/s38/QDcQB7Ji
xgASd+7Fvl9rAIZAyIfnW0DwzSBa+qT4XSUUp6s5y3iaSaa1mAuu6OtC8VxkZaq8USNAbZYNQtKtAeIL/yTymq09EgS7RIgiAtYSeIcY+gix8f4QCdlA
JGMkcIwIjrZHkmU3tL26FiWn7aEWrKDupMgDriasFMVtOhZ6wQqR0e5U5LnkeyOmS64K2sy4LkMY0+FP42+CPlxoYLqXkDeVbMalfu7qv71cOKefkfnn
PLq6SUdn0y/j2F67
""",
    "twin 5.4": """
eNpVjUFKw0AYhWfqX43RWjt1o17AjZ6hIHVTLShttzKBkAxJJ5B20Gb1h6FJECSLomsvYNdV8A7JHYpew3QlfpsH733wTq8VH5DjRcM8McEwHkfkj7OH
Dk074sJXHJHQWn5blW1SJ3dVMqQ1hlvAsL7NcMdguGsy3Ntn2Dhg2Dxk2GIM20fNyr0ilL5AIvnYnoC2JWRd6fhi4kISueeXfXj+WeL6a7FevX+/pqBD
BXnxVuoyLuPis1gVH6A9D9Iej7jnglYOpMOZ46oQtBVANhCWPeWykmaQ9UTouCICPZbwdBNIJ/DFZpuGlahCb3OrVQTJMLJsL6aEYE7JPxDj+X23P/oF
EHNUwg==
""",
    "jit": """
eNpdT7tOw0AQnF2/gqEBUoWGjioUIF4dWEKCYGpK63JeixWnI9xder6C7+HTsCkzzWhGmtmdk3bFs/Jez93W/BCoIEa15OyKgCUDd0x8lAMNM98yU8uj
+bu3lpioAurGGftRv71rkvohqvH7z74fad6apP6ze9K4MV7t8av2vZPTRxOTBE/8j8FY6awzMeqgEjBpYBYm25m1uAguMWTIkKNaoLwGcMaEBsyX46s3
lOEC+H4B4XATpFebuimO+U73QZCvrQYhooKLYvdyPm78A3VxPpE=
""",
    "twin jit": """
eNqT9vFi4mBzyNTLKU2cx8jEwMjAxMDMwsBkysDAYA7keQMxV15ibmoxkGYvKeIJKS3KzizOYM/N4/PNz0vPz8lMzGMvreIKrUpKzWbPruTxzixKz8is
Yk/K5wnJTEotAUmnc4dWpmeUFrFnZ3N7J1YlZmewF5UKX1hwsfli48XGC7su7Liwk6sqQ9fZT/D5uoYneyc/2bH22bR29tQ8Hte89BygfYyMjAwMAOUf
ORc=
""",
    "jit-stripped": """
eNoNjTtvwkAQBr9dG1k4aXh0aeioaBIRoMQSEg+nprSO81pZYR3m7uj5afw03MxI08xXeeS8AQ2IkS0JWDCwYeJxChTMvGamkvv4Gl4kRMqAvGiNvebn
f42Sb4Ma93Fwda9paaK6W7XX0BmndvKndd3KbGdCFO8OCRKkyH4BzJlQgPmn/64owTfwPIEw6rzUamPljRVMm56VbU0I2qj4Ty/3h3rBG59hKXk=
""",
}
