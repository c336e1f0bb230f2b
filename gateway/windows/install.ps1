<#
.SYNOPSIS
Installs the gateway beside a MetaTrader 5 terminal: virtual environment, settings, keys, firewall rule, scheduled task.

.DESCRIPTION
Run it in an elevated PowerShell of the user whose desktop shows the terminal. What has no default is asked for: the
address to bind, signing, and the largest order. Settings and keys that exist are kept.

A terminal needs a desktop, so the task starts when this user logs on, not when Windows starts. After a reboot nobody is
logged on: see "After a reboot" in gateway/README.md.

.EXAMPLE
.\install.ps1 -TerminalPath 'C:\Program Files\MetaTrader 5\terminal64.exe' -Login 1100212251 `
    -Server 'JustMarkets-Demo2' -BindAddress 10.0.0.7 -Signing all -MaxLots 0.01 -InferenceNode 10.0.0.5
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory, HelpMessage = 'Path of terminal64.exe')]
    [string] $TerminalPath,

    [Parameter(Mandatory, HelpMessage = 'Login of the trading account')]
    [ValidateRange(1, [long]::MaxValue)]
    [long] $Login,

    [Parameter(Mandatory, HelpMessage = 'Server of the trading account, as the terminal shows it')]
    [string] $Server,

    [Parameter(Mandatory, HelpMessage = 'Address of this machine that the inference node connects to')]
    [ipaddress] $BindAddress,

    [Parameter(Mandatory, HelpMessage = 'off (as the 4.3 gateway), orders or all')]
    [ValidateSet('off', 'orders', 'all')]
    [string] $Signing,

    [Parameter(Mandatory, HelpMessage = 'Largest order of any client, in lots')]
    [ValidateRange(0.00000001, 1000000)]
    [double] $MaxLots,

    [Parameter(Mandatory, HelpMessage = 'The only address that may connect')]
    [ipaddress] $InferenceNode,

    [ValidateRange(1, 65535)]
    [int] $Port = 5555,

    [string] $Folder = 'C:\mt5crs-gateway',

    [string] $Python = 'py',

    # Name of an environment variable of this user that holds the account's password; without it the terminal uses the
    # login that it has stored.
    [string] $PasswordVariable = ''
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$taskName = 'mt5crs-gateway'
$user = [System.Security.Principal.WindowsIdentity]::GetCurrent().Name

function Invoke-Checked {
    param([string] $Program, [string[]] $Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "$Program $($Arguments -join ' ') ended with $LASTEXITCODE"
    }
}

function Set-OwnerOnly {
    # This user, the system and administrators, by their SIDs, which are the same in every language of Windows.
    param([string] $Path, [switch] $IsFolder)
    $inherit = if ($IsFolder) { '(OI)(CI)' } else { '' }
    $mine = [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    Invoke-Checked 'icacls' @(
        $Path, '/inheritance:r', '/grant:r',
        "*${mine}:${inherit}F", "*S-1-5-18:${inherit}F", "*S-1-5-32-544:${inherit}F", '/q'
    )
}

function ConvertTo-TomlText {
    param([string] $Text)
    if ($Text -match "['\r\n]") { throw "can't write this as TOML: $Text" }
    "'$Text'"
}

if (-not (Test-Path -LiteralPath $TerminalPath -PathType Leaf)) { throw "there is no $TerminalPath" }
$elevated = ([System.Security.Principal.WindowsPrincipal] [System.Security.Principal.WindowsIdentity]::GetCurrent()
).IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
if (-not $elevated) { throw 'run this in an elevated PowerShell: the firewall rule needs it' }

$venv = Join-Path $Folder 'venv'
$config = Join-Path $Folder 'gateway.toml'
$keys = Join-Path $Folder 'keys'
$pythonInVenv = Join-Path $venv 'Scripts\python.exe'
$source = Split-Path -Parent $PSScriptRoot

if ($PSCmdlet.ShouldProcess($Folder, 'install the gateway')) {
    New-Item -ItemType Directory -Force -Path $Folder | Out-Null
    # The kill switch and the journal are here: nobody else may remove them.
    Set-OwnerOnly -Path $Folder -IsFolder
    if (-not (Test-Path -LiteralPath $pythonInVenv)) {
        Invoke-Checked $Python @('-m', 'venv', $venv)
    }
    Invoke-Checked $pythonInVenv @('-m', 'pip', 'install', '--upgrade', $source)

    if (Test-Path -LiteralPath $config) {
        Write-Warning "$config exists and is kept; the parameters that it holds were not changed"
    }
    else {
        $lots = $MaxLots.ToString('R', [cultureinfo]::InvariantCulture)
        $lines = @(
            '[terminal]'
            "path = $(ConvertTo-TomlText $TerminalPath)"
            "login = $Login"
            "server = $(ConvertTo-TomlText $Server)"
        )
        if ($PasswordVariable) { $lines += "password_env = $(ConvertTo-TomlText $PasswordVariable)" }
        $lines += @(
            ''
            '[link]'
            "host = '$BindAddress'"
            "port = $Port"
            "signing = '$Signing'"
        )
        if ($Signing -eq 'off') {
            if (-not [ipaddress]::IsLoopback($BindAddress)) { $lines += 'allow_unsigned_remote = true' }
        }
        else {
            $lines += "keys = 'keys'"
        }
        $lines += @('', '[limits]', "max_lots = $lots", '')
        [System.IO.File]::WriteAllLines($config, $lines, (New-Object System.Text.UTF8Encoding $false))
    }

    if ($Signing -ne 'off') {
        New-Item -ItemType Directory -Force -Path $keys | Out-Null
        Set-OwnerOnly -Path $keys -IsFolder
        foreach ($name in 'watch.read', 'mt5crs.trade', 'operator.admin') {
            $file = Join-Path $keys $name
            if (-not (Test-Path -LiteralPath $file)) {
                Invoke-Checked $pythonInVenv @('-m', 'mt5crs_gateway', 'new-key', $file)
            }
            Set-OwnerOnly -Path $file
        }
    }

    Invoke-Checked $pythonInVenv @('-m', 'mt5crs_gateway', '--config', $config, 'check')

    Get-NetFirewallRule -Name $taskName -ErrorAction SilentlyContinue | Remove-NetFirewallRule
    New-NetFirewallRule -Name $taskName -DisplayName 'mt5crs gateway, from the inference node alone' `
        -Direction Inbound -Action Allow -Protocol TCP -LocalPort $Port -LocalAddress $BindAddress.ToString() `
        -RemoteAddress $InferenceNode.ToString() -Profile Any | Out-Null

    # pythonw has no console window; why it did not start is in start-error.txt beside the settings.
    $action = New-ScheduledTaskAction -Execute (Join-Path $venv 'Scripts\pythonw.exe') `
        -Argument "-m mt5crs_gateway --config `"$config`"" -WorkingDirectory $Folder
    $trigger = New-ScheduledTaskTrigger -AtLogOn -User $user
    # Every minute it is started again; while it runs, the second instance is ignored.
    $trigger.Repetition = (New-ScheduledTaskTrigger -Once -At (Get-Date) `
            -RepetitionInterval (New-TimeSpan -Minutes 1)).Repetition
    $settings = New-ScheduledTaskSettingsSet -MultipleInstances IgnoreNew -ExecutionTimeLimit ([timespan]::Zero) `
        -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable `
        -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)
    $principal = New-ScheduledTaskPrincipal -UserId $user -LogonType Interactive -RunLevel Limited
    Register-ScheduledTask -TaskName $taskName -Action $action -Trigger $trigger -Settings $settings `
        -Principal $principal -Force | Out-Null
    Start-ScheduledTask -TaskName $taskName

    Write-Output "installed in $Folder; the log is $(Join-Path $Folder 'logs\gateway.log')"
    if ($Signing -ne 'off') {
        Write-Output "copy $(Join-Path $keys 'mt5crs.trade') to the inference node (MT5CRS_LINK_KEY_FILE), by a way that nobody reads"
    }
}
